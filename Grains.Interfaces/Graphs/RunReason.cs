namespace OrleansFlow.Graphs;

/// <summary>One reason why a run or node stands where it does.</summary>
/// <param name="Code">Stable text, for example <c>no_worker</c>, <c>slots_full</c>, <c>paused</c>, <c>waiting_for_parents</c>, <c>backing_off</c>, <c>approval</c>, <c>failed</c>.</param>
/// <param name="Text">One sentence that names the thing and the way out.</param>
/// <param name="Node">The node that it is about; null for the run.</param>
/// <param name="UntilUtc">When time changes it; null when time does not.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunReason")]
public sealed record RunReason(
    [property: Id(0)] string Code, [property: Id(1)] string Text, [property: Id(2)] string? Node = null, [property: Id(3)] DateTimeOffset? UntilUtc = null);
