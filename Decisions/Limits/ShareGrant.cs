namespace OrleansFlow.Decisions.Limits;

/// <summary>What a holder of a part of a shared limit is told.</summary>
/// <param name="Sequence">Which of its reports this answers; it counts for none but the newest.</param>
/// <param name="Allowance">How many tasks it may hold. Never taken back: the holder gives it back, in its next report.</param>
/// <param name="Target">How many it should hold, because others wait for the rest.</param>
/// <param name="IsOpen">Whether all holders together hold no more than the limit; else it takes none, because what it said it holds may be too much.</param>
public readonly record struct ShareGrant(long Sequence, int Allowance, int Target, bool IsOpen);
