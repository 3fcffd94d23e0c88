namespace Orleans.Placement;

/// <summary>What may not move a grain.</summary>
[Flags]
public enum ImmovableKind : byte
{
    /// <summary>What brings grains that talk to each other together.</summary>
    Repartitioner = 1,

    /// <summary>What spreads grains evenly.</summary>
    Rebalancer = 2,

    /// <summary>Neither of them.</summary>
    Any = Repartitioner | Rebalancer,
}

/// <summary>Activations of the grain are not moved by the runtime; here none are.</summary>
/// <param name="kind">What may not move it.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class ImmovableAttribute(ImmovableKind kind = ImmovableKind.Any) : Attribute
{
    /// <summary>What may not move it.</summary>
    public ImmovableKind Kind { get; } = kind;
}
