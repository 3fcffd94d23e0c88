using System.Collections.Frozen;
using static OrleansFlow.Decisions.Jobs.JobStatus;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>Which state of a job may follow which.</summary>
public static class JobTransitions
{
    // Beyond the usual table: a program that cannot be loaded fails (Compiling to Failing), and may be tried again when the fault is a passing one
    // (Compiling to Recovering); a job that loses a worker while its last rows go through begins again instead of ending without them
    // (Finishing to Recovering and Failing); and one that was restarted too often ends (Recovering to Failed).
    private static readonly FrozenDictionary<JobStatus, JobStatus[]> Table = new Dictionary<JobStatus, JobStatus[]>
    {
        [Created] = [Compiling],
        [Compiling] = [Scheduling, Stopping, Recovering, Failing],
        [Scheduling] = [Running, Compiling, Recovering, Stopping, Failing],
        [Running] = [CheckpointStopping, Stopping, Finishing, Recovering, Rescaling, Restarting, Failing],
        [CheckpointStopping] = [Stopped, Stopping],
        [Stopping] = [Stopped],
        [Finishing] = [Finished, Recovering, Failing],
        [Rescaling] = [Scheduling, Stopping],
        [Restarting] = [Scheduling, Restarting, CheckpointStopping, Stopping],
        [Recovering] = [Compiling, Failed],
        [Failing] = [Failed],
        [Stopped] = [Compiling],
        [Failed] = [Compiling],
        [Finished] = [],
    }.ToFrozenDictionary();

    /// <summary>Whether <paramref name="to"/> may follow <paramref name="from"/>.</summary>
    public static bool IsAllowed(JobStatus from, JobStatus to) => Table.TryGetValue(from, out var allowed) && Array.IndexOf(allowed, to) >= 0;

    /// <summary>Whether nothing of a job in this state runs, or is about to.</summary>
    public static bool IsAtRest(JobStatus status) => status is Stopped or Finished or Failed;
}
