namespace OrleansFlow.Decisions.Queries;

/// <summary>Which task of a query.</summary>
/// <param name="Stage">Position of its stage.</param>
/// <param name="Number">0-based within the stage.</param>
public readonly record struct QueryTaskId(int Stage, int Number);

/// <summary>Where a task stands.</summary>
public enum QueryTaskStatus
{
    /// <summary>Not placed.</summary>
    Pending = 0,

    /// <summary>Its newest attempt is at a worker.</summary>
    Live = 1,

    /// <summary>All its rows are made.</summary>
    Finished = 2,

    /// <summary>It could not read another task's rows; whether that one is lost is not known yet.</summary>
    Broken = 3,

    /// <summary>The query has ended.</summary>
    Ended = 4,
}

/// <summary>A task's newest attempt: the only one that counts.</summary>
/// <param name="Attempt">From 1; 0 while it is not placed.</param>
/// <param name="Worker">Id of its worker; empty while it is not placed.</param>
/// <param name="Status">Where it stands.</param>
public readonly record struct QueryTask(int Attempt, string Worker, QueryTaskStatus Status)
{
    /// <summary>A task that no worker has.</summary>
    public static readonly QueryTask None = new(0, "", QueryTaskStatus.Pending);

    /// <summary>Whether a worker may be busy with it.</summary>
    public bool IsLive => Status is QueryTaskStatus.Live or QueryTaskStatus.Broken;
}

/// <summary>An attempt that a worker is to be given.</summary>
/// <param name="Task">The task.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Worker">Id of the worker.</param>
public readonly record struct TaskPlacement(QueryTaskId Task, int Attempt, string Worker);
