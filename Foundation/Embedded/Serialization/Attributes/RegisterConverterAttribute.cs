namespace Orleans;

/// <summary>Registers the annotated <see cref="IConverter{TValue, TSurrogate}"/>.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class RegisterConverterAttribute : Attribute;
