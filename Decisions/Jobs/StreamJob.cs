using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>All there is to know about a streaming job when something has to be decided. Immutable.</summary>
public sealed record StreamJob
{
    /// <summary>No such job yet.</summary>
    public static readonly StreamJob None = new();

    /// <summary>Its id; empty while there is no job.</summary>
    public string JobId { get; init; } = "";

    /// <summary>Where it stands.</summary>
    public JobStatus Status { get; init; } = JobStatus.Created;

    /// <summary>What it waits for there.</summary>
    public JobPhase Phase { get; init; }

    /// <summary>Since when it stands there.</summary>
    public DateTimeOffset StatusSinceUtc { get; init; }

    /// <summary>When that wait is over at the latest; null only while it runs or rests.</summary>
    public DateTimeOffset? DeadlineUtc { get; init; }

    /// <summary>Grows by one with every scheduling. What comes of an older one changes nothing.</summary>
    public long Generation { get; init; }

    /// <summary>What it runs; null while there is no job.</summary>
    public JobPlan? Plan { get; init; }

    /// <summary>What it runs from the next scheduling on; null: the same.</summary>
    public JobPlan? NextPlan { get; init; }

    /// <summary>What was asked for with it.</summary>
    public JobSettings Settings { get; init; } = new();

    /// <summary>Of its chances.</summary>
    public ulong Seed { get; init; }

    /// <summary>How it is to stop, or has stopped; <see cref="JobStopMode.None"/>: it is to run.</summary>
    public JobStopMode StopMode { get; init; }

    /// <summary>Whether the next scheduling begins from nothing.</summary>
    public bool IsStateUnwanted { get; init; }

    /// <summary>Checkpoints with lower epochs are not wanted.</summary>
    public long IgnoreBefore { get; init; }

    /// <summary>Workers that were seen last; not durable.</summary>
    public ImmutableArray<JobWorker> Offered { get; init; } = [];

    /// <summary>When it looks for slots again; not durable.</summary>
    public DateTimeOffset? RetryUtc { get; init; }

    /// <summary>Where its subtasks are.</summary>
    public JobAssignment Assignment { get; init; } = JobAssignment.None;

    /// <summary>Subtasks that run, or ran; not durable.</summary>
    public ImmutableSortedSet<SubtaskKey> Started { get; init; } = [];

    /// <summary>Subtasks that have ended.</summary>
    public ImmutableSortedSet<SubtaskKey> Finished { get; init; } = [];

    /// <summary>When each worker was heard last; not durable.</summary>
    public ImmutableSortedDictionary<string, DateTimeOffset> HeardUtc { get; init; } = NobodyHeard;

    /// <summary>Restarts since it last ran well for a while.</summary>
    public int RestartCount { get; init; }

    /// <summary>When its time is over; null: never, or not known before it runs.</summary>
    public DateTimeOffset? EndsUtc { get; init; }

    /// <summary>Its checkpoints.</summary>
    public CheckpointBook Book { get; init; } = CheckpointBook.New;

    /// <summary>What went wrong last; null when nothing did since it was started.</summary>
    public JobFailure? Failure { get; init; }

    /// <summary>Whether it fails once its workers have let go, because it was restarted too often.</summary>
    public bool IsGivingUp { get; init; }

    /// <summary>Messages of other generations, and of workers and subtasks that have no part in this one; not durable.</summary>
    public long StaleCount { get; init; }

    /// <summary>The tick that was asked for last; not durable.</summary>
    public DateTimeOffset? WakeUtc { get; init; }

    /// <summary>Whether there is a job.</summary>
    public bool Exists => JobId.Length > 0;

    /// <summary>Whether a worker may let go of a run: an older generation, a job that rests or is none, a worker that has no part in it.</summary>
    public bool IsStale(string worker, long generation) => !Exists || generation < Generation || (generation == Generation && (JobTransitions.IsAtRest(Status) || !Assignment.Has(worker)));

    internal static ImmutableSortedDictionary<string, DateTimeOffset> NobodyHeard { get; } = ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal);

    /// <summary>What has to be stored before anything is done about a change: all that a reload does not find out again by itself.</summary>
    public StreamJob Durable() => this with
    {
        Offered = [],
        RetryUtc = null,
        Started = [],
        HeardUtc = NobodyHeard,
        StaleCount = 0,
        WakeUtc = null,
        Book = Book with
        {
            IgnoredCount = 0,
            Current = Book.Current is not { } run ? null : run with
            {
                Uncommitted = [],
                Gathered = run is { Phase: CheckpointPhase.Gathering, ThenStop: false } ? run.Gathered.Clear() : run.Gathered,
            },
        },
    };
}
