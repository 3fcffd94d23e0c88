using System.Collections.Immutable;
using OrleansFlow.Errors;

namespace OrleansFlow.Decisions.Queries;

/// <summary>How a query ended.</summary>
/// <param name="Code">Null for a query whose rows were all handed on.</param>
/// <param name="Message">Empty for such a query.</param>
public sealed record QueryEnd(FlowErrorCode? Code, string Message)
{
    /// <summary>All rows were handed on.</summary>
    public static readonly QueryEnd Complete = new(null, "");
}

/// <summary>Rows that could not be read, of a task that has not said anything about it itself.</summary>
/// <param name="Reader">Who could not read them.</param>
/// <param name="Producer">Whose rows they are.</param>
/// <param name="Attempt">Which attempt of it.</param>
/// <param name="UntilUtc">From then on the worker that has them counts as lost.</param>
/// <param name="Message">What the reader said.</param>
public readonly record struct QueryDoubt(QueryTaskId Reader, QueryTaskId Producer, int Attempt, DateTimeOffset UntilUtc, string Message);

/// <summary>All there is to know about a query when something has to be decided. Immutable; in memory only.</summary>
public sealed record QueryState
{
    /// <summary>A query that is not placed.</summary>
    public static readonly QueryState New = new();

    /// <summary>Its stages, producers before consumers; none while it is not placed.</summary>
    public ImmutableArray<StageShape> Stages { get; init; } = [];

    /// <summary>The tasks of all stages, one stage after the other; a held stage has none.</summary>
    public ImmutableArray<QueryTask> Tasks { get; init; } = [];

    /// <summary>Workers, in the order in which they were named first.</summary>
    public ImmutableArray<QueryWorker> Workers { get; init; } = [];

    /// <summary>Rows that could not be read, and are perhaps lost.</summary>
    public ImmutableArray<QueryDoubt> Doubts { get; init; } = [];

    /// <summary>Whether rows of the last stage may have reached the client: from then on it is never run again.</summary>
    public bool IsDelivering { get; init; }

    /// <summary>Attempts beyond the first ones.</summary>
    public int RetryCount { get; init; }

    /// <summary>When the query's time is over; null for never.</summary>
    public DateTimeOffset? DeadlineUtc { get; init; }

    /// <summary>Null while it goes on.</summary>
    public QueryEnd? End { get; init; }

    /// <summary>Whether it is placed.</summary>
    public bool IsPlaced => Stages.Length > 0;

    /// <summary>The task that makes the result.</summary>
    public QueryTaskId ResultTask => new(Stages.Length - 1, 0);

    /// <summary>The newest attempt of a task.</summary>
    public QueryTask this[QueryTaskId id] => Tasks[IndexOf(id)];

    /// <summary>Where a task is in <see cref="Tasks"/>.</summary>
    public int IndexOf(QueryTaskId id)
    {
        var index = id.Number;
        for (var stage = 0; stage < id.Stage; stage++)
        {
            index += Stages[stage].TaskCount;
        }

        return index;
    }

    /// <summary>Whether there is such a task.</summary>
    public bool Has(QueryTaskId id) => id.Stage >= 0 && id.Stage < Stages.Length && id.Number >= 0 && id.Number < Stages[id.Stage].TaskCount;

    /// <summary>All tasks, stage by stage.</summary>
    public IEnumerable<QueryTaskId> TaskIds()
    {
        for (var stage = 0; stage < Stages.Length; stage++)
        {
            for (var number = 0; number < Stages[stage].TaskCount; number++)
            {
                yield return new QueryTaskId(stage, number);
            }
        }
    }
}
