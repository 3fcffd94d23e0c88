namespace Orleans;

/// <summary>Registers the annotated codec (a class derived from <c>Orleans.Embedded.Serialization.Codec</c>) for its copier.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class RegisterCopierAttribute : Attribute;
