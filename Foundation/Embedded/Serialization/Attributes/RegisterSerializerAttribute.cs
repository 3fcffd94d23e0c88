namespace Orleans;

/// <summary>Registers the annotated codec (a class derived from <c>Orleans.Embedded.Serialization.Codec</c>).</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class RegisterSerializerAttribute : Attribute;
