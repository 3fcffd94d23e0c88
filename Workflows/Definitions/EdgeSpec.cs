namespace OrleansFlow.Workflows.Definitions;

/// <summary>An edge as it was declared.</summary>
/// <param name="Kind">When it is taken.</param>
/// <param name="PayloadType">What travels on it.</param>
/// <param name="Target">The target; null for a name or an end.</param>
/// <param name="TargetName">The target's name; null for an end.</param>
/// <param name="Arm">The guard of a branch, an <see cref="Arm{TOut}"/>.</param>
internal sealed record EdgeSpec(EdgeKind Kind, Type PayloadType, object? Target, string? TargetName, IArm? Arm = null);
