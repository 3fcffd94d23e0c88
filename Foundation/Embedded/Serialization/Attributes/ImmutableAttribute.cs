namespace Orleans;

/// <summary>Promises that values are never modified after they were passed on, so that copies share them.</summary>
[AttributeUsage(
    AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Class | AttributeTargets.Property
    | AttributeTargets.Field | AttributeTargets.Parameter)]
public sealed class ImmutableAttribute : Attribute;
