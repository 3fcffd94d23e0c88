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

/// <summary>The attempt of a task that counts, and its speculative copy.</summary>
/// <param name="Attempt">From 1; 0 while it is not placed.</param>
/// <param name="Worker">Id of its worker; empty while it is not placed.</param>
/// <param name="Status">Where it stands.</param>
public readonly record struct QueryTask(int Attempt, string Worker, QueryTaskStatus Status)
{
    /// <summary>A task that no worker has.</summary>
    public static readonly QueryTask None = new(0, "", QueryTaskStatus.Pending);

    /// <summary>Whether a worker may be busy with it.</summary>
    public bool IsLive => Status is QueryTaskStatus.Live or QueryTaskStatus.Broken;

    /// <summary>When the attempt that counts was given to its worker.</summary>
    public DateTimeOffset SinceUtc { get; init; }

    /// <summary>When it had made all its rows; says nothing of a task that has not finished.</summary>
    public DateTimeOffset FinishedUtc { get; init; }

    /// <summary>Number of the newest speculative copy, whether it still runs or not; 0: there was none.</summary>
    public int CopyAttempt { get; init; }

    /// <summary>Worker of the speculative copy that runs beside the attempt that counts; null: none does.</summary>
    public string? CopyWorker { get; init; }

    /// <summary>The number that the next attempt gets.</summary>
    public int NextAttempt => Math.Max(Attempt, CopyAttempt) + 1;
}

/// <summary>An attempt and its worker.</summary>
/// <param name="Task">The task.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Worker">Id of the worker.</param>
public readonly record struct TaskPlacement(QueryTaskId Task, int Attempt, string Worker)
{
    /// <summary>Whether it runs beside the attempt that counts, so that nobody reads it yet.</summary>
    public bool IsCopy { get; init; }
}
