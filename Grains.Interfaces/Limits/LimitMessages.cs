namespace OrleansFlow.Limits;

/// <summary>What a queue says of its part of a limit.</summary>
/// <param name="Sequence">Grows with everything that the queue says, over its activations too.</param>
/// <param name="Most">How many tasks it has or may take before it says something else.</param>
/// <param name="Wanted">How many it would have in hand if it could.</param>
/// <param name="Limit">The lowest limit that one of these tasks names.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.LimitReport")]
public sealed record LimitReport([property: Id(0)] long Sequence, [property: Id(1)] int Most, [property: Id(2)] int Wanted, [property: Id(3)] int Limit);

/// <summary>What a queue is told of its part of a limit.</summary>
/// <param name="Sequence">Which of its reports this answers.</param>
/// <param name="Allowance">How many tasks it may have in hand.</param>
/// <param name="Target">How many it should have, because others wait.</param>
/// <param name="IsOpen">False: there are more in hand than the limit that its tasks name, so it takes none.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.LimitGrant")]
public sealed record LimitGrant([property: Id(0)] long Sequence, [property: Id(1)] int Allowance, [property: Id(2)] int Target, [property: Id(3)] bool IsOpen);
