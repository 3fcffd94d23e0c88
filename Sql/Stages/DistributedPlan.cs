using System.Text.Json.Serialization;
using OrleansFlow.Sql.Explain;
using OrleansFlow.Sql.Planning;

namespace OrleansFlow.Sql.Stages;

/// <summary>
/// A query as stages of fragments. Everything in it is text and numbers, so that it travels as it is: a worker never sees a plan, only SQL over views.
/// </summary>
public sealed record DistributedPlan
{
    /// <summary>The stages, producers before consumers; the last one has one task and makes the result.</summary>
    public required IReadOnlyList<QueryStage> Stages { get; init; }

    /// <summary>Names of the result's columns, in order; they may repeat.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Tables that the text made of files: they are read like all others, and are described by what they are.</summary>
    public IReadOnlyList<PlannedFiles> Files { get; init; } = [];

    /// <summary>Calls of the user's functions that are scanned as tables.</summary>
    [JsonIgnore]
    public IReadOnlyList<PlannedCall> Calls { get; init; } = [];

    /// <summary>Whether the only stage runs the user's own text in one task.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Why the query, or a part of it, runs in fewer tasks than it might; empty when nothing holds it back.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>What the plan was made of; null for one that was put together otherwise.</summary>
    internal PlanAttempt? Source { get; init; }

    /// <summary>The plan for people, programs or drawing; see docs/sql.md for how to read it.</summary>
    /// <param name="format">How it is written.</param>
    /// <exception cref="InvalidOperationException">The plan is not one of <see cref="DistributedPlanner"/>.</exception>
    public string Explain(ExplainFormat format) => Explain(format, []);

    /// <summary>The plan with what came of it.</summary>
    /// <param name="format">How it is written.</param>
    /// <param name="actuals">What came of its tasks; older attempts than the newest of a task only count.</param>
    /// <exception cref="InvalidOperationException">The plan is not one of <see cref="DistributedPlanner"/>.</exception>
    public string Explain(ExplainFormat format, IReadOnlyList<TaskActual> actuals) => PlanExplanation.Write(
        Source ?? throw new InvalidOperationException("Only a plan of the planner has operators that can be explained."), format, actuals);
}

/// <summary>One text, run by one or more tasks over different rows.</summary>
public sealed record QueryStage
{
    /// <summary>Number of the stage, from 1.</summary>
    public required int Id { get; init; }

    /// <summary>A SELECT over the views that <see cref="Scans"/> and <see cref="Inputs"/> name. The same for all tasks. Its columns are c0, c1, ...</summary>
    public required string Sql { get; init; }

    /// <summary>DuckDB's types of the columns.</summary>
    public required IReadOnlyList<string> ColumnTypes { get; init; }

    /// <summary>Tasks, at least 1.</summary>
    public required int TaskCount { get; init; }

    /// <summary>Base tables that are read.</summary>
    public IReadOnlyList<StageScan> Scans { get; init; } = [];

    /// <summary>Rows of other stages that are read.</summary>
    public IReadOnlyList<StageInput> Inputs { get; init; } = [];

    /// <summary>Where the rows go; more than one for a result that is shared. Empty for the last stage.</summary>
    public IReadOnlyList<StageOutput> Outputs { get; init; } = [];

    /// <summary>Inputs of which some rows are not needed once the values of others are known.</summary>
    public IReadOnlyList<JoinFilter> JoinFilters { get; init; } = [];

    /// <summary>Whether the text only hands on the rows of its one input, so that no engine is needed.</summary>
    public bool IsPassThrough { get; init; }

    /// <summary>Where it writes its rows; null: it hands them on.</summary>
    public StageSink? Sink { get; init; }

    /// <summary>Whether a task that runs again may make other rows: a LIMIT whose order leaves ties, for one. False when it surely makes the same.</summary>
    public bool IsVolatile { get; init; }

    /// <summary>Rows that one run of all tasks is expected to make.</summary>
    public long EstimatedRowCount { get; init; }

    /// <summary>The user's functions that the text calls; a worker without one cannot run it.</summary>
    public IReadOnlyList<string> Functions { get; init; } = [];

    /// <summary>Why it has fewer tasks than it might; empty when nothing holds it back.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>A base table that a stage reads under a name of its own.</summary>
/// <param name="Name">Name of the view in the stage's text.</param>
/// <param name="Table">Name of the table.</param>
/// <param name="Columns">Columns that are read; the view may have more. None are needed when only rows are counted.</param>
/// <param name="FirstTask">First task that reads rows.</param>
/// <param name="TaskCount">Tasks that read rows: task FirstTask + i reads the i-th of TaskCount parts, and tasks outside read none.</param>
public sealed record StageScan(string Name, string Table, IReadOnlyList<string> Columns, int FirstTask, int TaskCount)
{
    /// <summary>What is true of every row that is wanted: all of them, so that parts may leave out what none is true of.</summary>
    public IReadOnlyList<ScanCondition> Conditions { get; init; } = [];
}

/// <summary>Rows of another stage that a stage reads.</summary>
/// <param name="Name">Name of the view in the stage's text; its columns are c0, c1, ...</param>
/// <param name="StageId">The stage that makes them.</param>
/// <param name="OutputIndex">Which of its outputs.</param>
/// <param name="FirstTask">First task that reads rows.</param>
/// <param name="TaskCount">Tasks that read rows; they are the consumer tasks of the exchange, and tasks outside read none.</param>
public sealed record StageInput(string Name, int StageId, int OutputIndex, int FirstTask, int TaskCount)
{
    /// <summary>Whether its rows may be divided among tasks anyhow, if each of them reads the stage's other inputs whole.</summary>
    public bool IsDivisible { get; init; }
}

/// <summary>Where the rows of a stage go.</summary>
/// <param name="Kind">How.</param>
/// <param name="PartitionCount">Partitions that each task writes; 1 where rows are not divided.</param>
/// <param name="Keys">Positions of the columns that are hashed.</param>
/// <param name="Order">The order of the rows of each task, for a merge.</param>
/// <param name="IsMaterialized">Whether it has to be complete before it is read, because several read the stage and one may wait for another.</param>
public sealed record StageOutput(
    ExchangeKind Kind, int PartitionCount, IReadOnlyList<int> Keys, IReadOnlyList<StageOrder> Order, bool IsMaterialized);

/// <summary>A key of an order.</summary>
/// <param name="Column">Position of the column.</param>
/// <param name="IsDescending">Largest first.</param>
/// <param name="NullsFirst">NULL before everything else.</param>
public sealed record StageOrder(int Column, bool IsDescending, bool NullsFirst);
