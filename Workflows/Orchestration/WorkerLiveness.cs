using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Orchestration;

/// <summary>How a worker is.</summary>
/// <param name="Health">What it said last.</param>
/// <param name="Age">How long ago.</param>
/// <param name="Status">The judgement.</param>
public sealed record WorkerLiveness(WorkerHealth Health, TimeSpan Age, LivenessStatus Status)
{
    private const int DeadFactor = 3;

    /// <summary>Judges by age: below the threshold alive, below three times that stale, else dead.</summary>
    /// <param name="age">Time since the last word.</param>
    /// <param name="staleAfter">The threshold; more than zero.</param>
    public static LivenessStatus Judge(TimeSpan age, TimeSpan staleAfter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(staleAfter, TimeSpan.Zero);
        return age < staleAfter ? LivenessStatus.Alive : age < staleAfter * DeadFactor ? LivenessStatus.Stale : LivenessStatus.Dead;
    }
}
