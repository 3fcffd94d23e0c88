namespace Orleans.Embedded.Serialization;

/// <summary>
/// The read-only lists that the compiler makes for <c>IReadOnlyList&lt;T&gt; x = [1, 2]</c>. They have no name to be sent
/// under, so they are sent and copied as arrays, which fit wherever they fit.
/// </summary>
internal static class CompilerCollections
{
    public static Codec? TryCreate(Type type)
    {
        if (!type.Name.StartsWith("<>z__ReadOnly", StringComparison.Ordinal))
        {
            return null;
        }

        var list = type.GetInterfaces().FirstOrDefault(
            candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IReadOnlyList<>));
        return list is null ? null : CodecRegistry.Construct(typeof(CompilerListCodec<,>), type, list.GenericTypeArguments[0]);
    }
}
