namespace Orleans;

/// <summary>Gives a type or method the name that it has on the wire, so that it can be renamed in code.</summary>
/// <param name="alias">The name, unique in the application; never changed.</param>
[AttributeUsage(
    AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Interface
    | AttributeTargets.Method)]
public sealed class AliasAttribute(string alias) : Attribute
{
    /// <summary>The name.</summary>
    public string Alias { get; } = alias;
}
