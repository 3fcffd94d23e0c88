namespace OrleansFlow.Decisions.Jobs;

/// <summary>The job whose checkpoints are decided upon.</summary>
/// <param name="JobId">Its id.</param>
/// <param name="Generation">The generation that runs.</param>
/// <param name="Plan">What runs.</param>
/// <param name="Assignment">Where it runs.</param>
/// <param name="Interval">Time between the beginnings of checkpoints.</param>
/// <param name="Seed">Of its chances.</param>
/// <param name="Rules">Bounds.</param>
public readonly record struct CheckpointContext(string JobId, long Generation, JobPlan Plan, JobAssignment Assignment, TimeSpan Interval, ulong Seed, JobRules Rules);
