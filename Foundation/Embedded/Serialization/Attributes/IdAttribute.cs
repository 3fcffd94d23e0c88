namespace Orleans;

/// <summary>Gives a member (or an invokable method) the number that it has on the wire.</summary>
/// <param name="id">The number, unique in the declaring type; never changed and never used again.</param>
[AttributeUsage(
    AttributeTargets.Field | AttributeTargets.Property | AttributeTargets.Class | AttributeTargets.Struct
    | AttributeTargets.Interface | AttributeTargets.Method)]
public sealed class IdAttribute(uint id) : Attribute
{
    /// <summary>The number.</summary>
    public uint Id { get; } = id;
}
