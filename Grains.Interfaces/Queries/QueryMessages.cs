using OrleansFlow.Errors;

namespace OrleansFlow.Queries;

/// <summary>Whose query it is, and what it needs.</summary>
/// <param name="Tenant">By the rule of ids.</param>
/// <param name="MemoryBytes">What it claims.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryTurnRequest")]
public sealed record QueryTurnRequest([property: Id(0)] string Tenant, [property: Id(1)] long MemoryBytes)
{
    /// <summary>The proved name of its caller; empty for none.</summary>
    [Id(2)]
    public string Owner { get; init; } = "";

    /// <summary>The beginning of its text, for its owner.</summary>
    [Id(3)]
    public string Sql { get; init; } = "";
}

/// <summary>Whether it is a query's turn.</summary>
/// <param name="IsAdmitted">It is.</param>
/// <param name="Position">Else its place among those that wait, from 1.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryTurn")]
public readonly record struct QueryTurn([property: Id(0)] bool IsAdmitted, [property: Id(1)] int Position);

/// <summary>The queries of a tenant.</summary>
/// <param name="Running">Those that run.</param>
/// <param name="Waiting">Those that wait, the next one first.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryTurns")]
public sealed record QueryTurns([property: Id(0)] IReadOnlyList<string> Running, [property: Id(1)] IReadOnlyList<string> Waiting);

/// <summary>What is to be placed.</summary>
/// <param name="Stages">Producers before consumers; the last one has one task.</param>
/// <param name="Workers">Those that can run tasks.</param>
/// <param name="TimeLimit">From now on; null for none.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryPlacing")]
public sealed record QueryPlacing(
    [property: Id(0)] IReadOnlyList<QueryStagePlan> Stages,
    [property: Id(1)] IReadOnlyList<QueryHost> Workers,
    [property: Id(2)] TimeSpan? TimeLimit);

/// <summary>A stage, as far as its tasks' places matter.</summary>
/// <param name="TaskCount">Tasks; 0: it is held, its tasks are known later.</param>
/// <param name="Inputs">Whose rows it reads.</param>
/// <param name="Preferred">Ids of the workers that each task is near to, by number; may be shorter, and hold empty ones.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryStagePlan")]
public sealed record QueryStagePlan(
    [property: Id(0)] int TaskCount, [property: Id(1)] IReadOnlyList<QueryStageLink> Inputs, [property: Id(2)] IReadOnlyList<string> Preferred)
{
    /// <summary>Whether a task that runs again may make other rows.</summary>
    [Id(3)]
    public bool IsVolatile { get; init; }
}

/// <summary>That a stage reads another one.</summary>
/// <param name="Producer">Position of the other one.</param>
/// <param name="IsKept">Whether its rows can be read again.</param>
/// <param name="IsGrouped">Whether each of its tasks is read by one task, in contiguous groups; else by all.</param>
/// <param name="FirstTask">First task that reads rows.</param>
/// <param name="TaskCount">Tasks that read rows.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryStageLink")]
public readonly record struct QueryStageLink(
    [property: Id(0)] int Producer, [property: Id(1)] bool IsKept, [property: Id(2)] bool IsGrouped, [property: Id(3)] int FirstTask, [property: Id(4)] int TaskCount)
{
    /// <summary>The tasks of the producer that each task reads, by its number; null where the other values say it.</summary>
    [Id(5)]
    public IReadOnlyList<QueryProducers>? Reads { get; init; } = null;
}

/// <summary>Neighbouring tasks of a producing stage.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Count">How many.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryProducers")]
public readonly record struct QueryProducers([property: Id(0)] int First, [property: Id(1)] int Count);

/// <summary>A stage that was held and gets its tasks.</summary>
/// <param name="Stage">Its position.</param>
/// <param name="Plan">What it is.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryStageRelease")]
public sealed record QueryStageRelease([property: Id(0)] int Stage, [property: Id(1)] QueryStagePlan Plan);

/// <summary>A worker that can run tasks of queries.</summary>
/// <param name="Id">Of this process: one that comes back has another.</param>
/// <param name="Cores">At least 1.</param>
/// <param name="RunningTasks">Tasks of other queries.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryHost")]
public readonly record struct QueryHost([property: Id(0)] string Id, [property: Id(1)] int Cores, [property: Id(2)] int RunningTasks);

/// <summary>An attempt of a task.</summary>
/// <param name="Stage">Position of the stage.</param>
/// <param name="Task">Number within the stage.</param>
/// <param name="Attempt">From 1.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryAttempt")]
public readonly record struct QueryAttempt([property: Id(0)] int Stage, [property: Id(1)] int Task, [property: Id(2)] int Attempt);

/// <summary>An attempt and its worker.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Worker">Id of the worker.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryAssignment")]
public readonly record struct QueryAssignment([property: Id(0)] QueryAttempt Attempt, [property: Id(1)] string Worker)
{
    /// <summary>Whether it is a speculative copy, which nobody reads while the other attempt counts.</summary>
    [Id(2)]
    public bool IsCopy { get; init; }
}

/// <summary>A failed attempt.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Code">Why.</param>
/// <param name="Message">Why.</param>
/// <param name="Lost">The attempt whose rows could not be read; null: its own failure.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryFailure")]
public sealed record QueryFailure(
    [property: Id(0)] QueryAttempt Attempt, [property: Id(1)] FlowErrorCode Code, [property: Id(2)] string Message, [property: Id(3)] QueryAttempt? Lost);

/// <summary>A worker that is gone.</summary>
/// <param name="Worker">Its id.</param>
/// <param name="Reason">How that is known.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryLoss")]
public readonly record struct QueryLoss([property: Id(0)] string Worker, [property: Id(1)] string Reason);

/// <summary>What a gateway tells of its query; nothing of it: that it is still there.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryReport")]
public sealed record QueryReport
{
    /// <summary>Attempts that have made all their rows.</summary>
    [Id(0)]
    public IReadOnlyList<QueryAttempt> Finished { get; init; } = [];

    /// <summary>Attempts that have failed.</summary>
    [Id(1)]
    public IReadOnlyList<QueryFailure> Failed { get; init; } = [];

    /// <summary>Workers that are gone.</summary>
    [Id(2)]
    public IReadOnlyList<QueryLoss> Lost { get; init; } = [];

    /// <summary>Workers that can run tasks now; empty: no news.</summary>
    [Id(3)]
    public IReadOnlyList<QueryHost> Workers { get; init; } = [];

    /// <summary>How far the stages are, for whoever asks the grain; empty: as before.</summary>
    [Id(4)]
    public IReadOnlyList<QueryStageProgress> Stages { get; init; } = [];
}

/// <summary>How far a stage is, as the workers say.</summary>
/// <param name="Stage">Position of the stage.</param>
/// <param name="RunningCount">Tasks that run.</param>
/// <param name="Rows">Rows that were made.</param>
/// <param name="Bytes">Bytes that were written for the next stage.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryStageProgress")]
public readonly record struct QueryStageProgress([property: Id(0)] int Stage, [property: Id(1)] int RunningCount, [property: Id(2)] long Rows, [property: Id(3)] long Bytes);

/// <summary>What a gateway is to do for its query.</summary>
/// <param name="ToSet">Attempts that workers are to be given, producers before consumers.</param>
/// <param name="Lost">Workers that the query does without from now on.</param>
/// <param name="End">Set: the query has ended, drop it everywhere.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryOrders")]
public sealed record QueryOrders(
    [property: Id(0)] IReadOnlyList<QueryAssignment> ToSet, [property: Id(1)] IReadOnlyList<string> Lost, [property: Id(2)] QueryEnded? End)
{
    /// <summary>Speculative copies that count from now on; to be taken note of before <see cref="ToSet"/>.</summary>
    [Id(3)]
    public IReadOnlyList<QueryAssignment> Moved { get; init; } = [];

    /// <summary>Attempts that nobody needs any more.</summary>
    [Id(4)]
    public IReadOnlyList<QueryAssignment> ToStop { get; init; } = [];
}

/// <summary>How a query ended.</summary>
/// <param name="Code">Null: all its rows were handed on.</param>
/// <param name="Message">Why not.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryEnded")]
public sealed record QueryEnded([property: Id(0)] FlowErrorCode? Code, [property: Id(1)] string Message);

/// <summary>Where a query stands.</summary>
/// <param name="Turn">Whether it was admitted, and else its place.</param>
/// <param name="Stages">Its stages; none before they are placed.</param>
/// <param name="RetryCount">Attempts beyond the first ones.</param>
/// <param name="End">Null while it goes on.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryView")]
public sealed record QueryView(
    [property: Id(0)] QueryTurn Turn, [property: Id(1)] IReadOnlyList<QueryStageView> Stages, [property: Id(2)] int RetryCount, [property: Id(3)] QueryEnded? End)
{
    /// <summary>Whose query it is.</summary>
    [Id(4)]
    public QueryTurnRequest? Request { get; init; }

    /// <summary>When it came.</summary>
    [Id(5)]
    public DateTimeOffset SubmittedUtc { get; init; }
}

/// <summary>How far a stage is.</summary>
/// <param name="TaskCount">Its tasks.</param>
/// <param name="FinishedCount">Those that have made all their rows.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueryStageView")]
public readonly record struct QueryStageView([property: Id(0)] int TaskCount, [property: Id(1)] int FinishedCount)
{
    /// <summary>Those that run, as far as was heard.</summary>
    [Id(2)]
    public int RunningCount { get; init; }

    /// <summary>Rows that were made, as far as was heard.</summary>
    [Id(3)]
    public long Rows { get; init; }

    /// <summary>Bytes that were written for the next stage, as far as was heard.</summary>
    [Id(4)]
    public long Bytes { get; init; }
}
