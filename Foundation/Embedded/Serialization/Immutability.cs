namespace Orleans.Embedded.Serialization;

/// <summary>
/// Decides which values need no copy. A type qualifies if it says so (<see cref="ImmutableAttribute"/>), or if nothing of
/// it can be modified and the same holds for the declared types of its members. Types that contain themselves count as
/// immutable while they are looked at: only a mutable part that is really there makes them mutable. Only final answers
/// are kept (by the callers), because those found on the way may rest on that assumption.
/// </summary>
internal static class Immutability
{
    public static bool OfCodec(Codec codec) => OfExact(codec, []);

    public static bool OfDeclared(Type type) => OfDeclared(type, []);

    /// <summary>Whether values of a declared type are of exactly that type. Arrays of references are covariant.</summary>
    public static bool IsSealed(Type type) =>
        type.IsValueType || (type.IsSealed && (!type.IsArray || IsSealedElement(type.GetElementType()!)));

    private static bool IsSealedElement(Type type) => type.IsValueType || IsSealed(type);

    private static bool OfDeclared(Type type, HashSet<Type> visiting)
    {
        if (CodecRegistry.IsShared(type))
        {
            return true;
        }

        if (!IsSealed(type))
        {
            // A derived type may be mutable, unless the author promised that none is.
            return !type.IsInterface && type.IsDefined(typeof(ImmutableAttribute), inherit: false);
        }

        return CodecRegistry.TryGet(type) is { } codec && OfExact(codec, visiting);
    }

    private static bool OfExact(Codec codec, HashSet<Type> visiting)
    {
        var type = codec.Type;
        if (type.IsDefined(typeof(ImmutableAttribute), inherit: false) || CodecRegistry.IsShared(type))
        {
            return true;
        }

        if (!codec.IsReadOnly)
        {
            return false;
        }

        if (!visiting.Add(type))
        {
            return true;
        }

        return codec.MemberTypes.All(member => OfDeclared(member, visiting));
    }
}
