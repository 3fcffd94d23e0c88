namespace Orleans;

/// <summary>Asks the generator for a serializer and a copier of the annotated type.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum)]
public sealed class GenerateSerializerAttribute : Attribute
{
    /// <summary>
    /// Whether parameters of the primary constructor are serialized, with their position as id. Default: true for
    /// records, false for other types. Ids of parameters and of members in the body do not share a number space.
    /// </summary>
    public bool IncludePrimaryConstructorParameters { get; init; }

    /// <summary>Which members get ids without <see cref="IdAttribute"/>. Default: <see cref="GenerateFieldIds.None"/>.</summary>
    public GenerateFieldIds GenerateFieldIds { get; init; } = GenerateFieldIds.None;
}
