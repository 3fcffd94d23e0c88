namespace Orleans;

/// <summary>Marks a base type that has no state to serialize.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class SerializerTransparentAttribute : Attribute;
