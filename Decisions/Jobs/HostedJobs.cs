namespace OrleansFlow.Decisions.Jobs;

/// <summary>Which jobs have how many of a worker's slots. Immutable. A slot holds one subtask of each node.</summary>
/// <param name="Slots">Slots of the worker.</param>
public sealed record HostedJobs(int Slots)
{
    /// <summary>How long slots are kept for a job that does not start: longer than the store may take to say what it begins from.</summary>
    public static readonly TimeSpan ReservedFor = TimeSpan.FromMinutes(3);

    private Dictionary<string, HostedJob> Jobs { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Jobs that run here, in the order of their ids.</summary>
    public IReadOnlyList<HostedJob> Running => [.. Jobs.Values.Where(job => job.Slots > 0).OrderBy(job => job.JobId, StringComparer.Ordinal)];

    /// <summary>Slots that a job could have: all but those of others.</summary>
    public int FreeFor(string jobId, DateTimeOffset nowUtc) => Math.Max(0, Slots - Jobs.Values.Where(job => job.JobId != jobId).Sum(job => job.UsedAt(nowUtc)));

    /// <summary>Keeps slots for a job, as many as there are.</summary>
    public HostedJobs Reserve(string jobId, int wanted, DateTimeOffset nowUtc, out int reserved)
    {
        reserved = Math.Clamp(wanted, 0, FreeFor(jobId, nowUtc));
        return reserved == 0 ? this : With(Of(jobId) with { Reserved = reserved, ReservedUntilUtc = nowUtc + ReservedFor });
    }

    /// <summary>Gives back what is kept for a job that has not started.</summary>
    public HostedJobs Release(string jobId) => With(Of(jobId) with { Reserved = 0 });

    /// <summary>A job is about to be started: it has these slots from now on, in the place of those that were kept for it.</summary>
    /// <returns>Null when it cannot have them, or a newer run of it is here.</returns>
    public HostedJobs? TryStart(string jobId, long generation, int slots, DateTimeOffset nowUtc)
    {
        var job = Of(jobId);
        return job.Generation > generation || (slots > job.UsedAt(nowUtc) && slots > FreeFor(jobId, nowUtc))
            ? null
            : With(job with { Reserved = slots, ReservedUntilUtc = nowUtc + ReservedFor });
    }

    /// <summary>A job has started, or was found running.</summary>
    public HostedJobs Started(string jobId, long generation, int slots) =>
        Of(jobId).Generation > generation ? this : With(new HostedJob(jobId, generation, slots));

    /// <summary>Nothing of a run is here any more. What is kept for a later one stays.</summary>
    public HostedJobs Ended(string jobId, long generation)
    {
        var job = Of(jobId);
        return With(job with { Slots = generation >= job.Generation ? 0 : job.Slots, Reserved = generation > job.Generation ? 0 : job.Reserved });
    }

    private HostedJob Of(string jobId) => Jobs.GetValueOrDefault(jobId) ?? new HostedJob(jobId, 0, 0);

    private HostedJobs With(HostedJob job)
    {
        var jobs = new Dictionary<string, HostedJob>(Jobs, StringComparer.Ordinal);
        if (job.Slots == 0 && job.Reserved == 0)
        {
            jobs.Remove(job.JobId);
        }
        else
        {
            jobs[job.JobId] = job;
        }

        return this with { Jobs = jobs };
    }
}

/// <summary>A job's slots at a worker.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Generation">The run that has started here last; 0: none.</param>
/// <param name="Slots">Slots of that run; 0: none runs.</param>
public sealed record HostedJob(string JobId, long Generation, int Slots)
{
    /// <summary>Slots that are kept for a run that has not started.</summary>
    public int Reserved { get; init; }

    /// <summary>Until when they are kept.</summary>
    public DateTimeOffset ReservedUntilUtc { get; init; }

    internal int UsedAt(DateTimeOffset nowUtc) => Math.Max(Slots, nowUtc < ReservedUntilUtc ? Reserved : 0);
}
