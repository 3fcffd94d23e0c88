namespace OrleansFlow.Decisions.Limits;

/// <summary>What the holder of a part of a shared limit says of itself.</summary>
/// <param name="Sequence">Grows with everything the holder says, over its activations too: what it said before no longer counts.</param>
/// <param name="Most">How many tasks it holds or may take before it says something else.</param>
/// <param name="Wanted">How many it would hold if it could; not less than it holds.</param>
/// <param name="Limit">The lowest limit that one of these tasks names.</param>
public readonly record struct ShareReport(long Sequence, int Most, int Wanted, int Limit);
