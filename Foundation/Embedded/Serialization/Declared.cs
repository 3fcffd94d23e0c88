using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <summary>What is known of a declared type: how its values are found a codec.</summary>
/// <typeparam name="T">The declared type.</typeparam>
internal sealed class Declared<T>
{
    private static Declared<T>? _instance;

    // The codec of the derived type seen last. One reference, so that a race costs a look-up and nothing else.
    private Codec? _last;

    private Declared()
    {
        IsSealed = Immutability.IsSealed(typeof(T));
        Exact = IsSealed ? (Codec<T>)CodecRegistry.Get(typeof(T)) : CodecRegistry.TryGet(typeof(T)) as Codec<T>;
        IsImmutable = Immutability.OfDeclared(typeof(T));
    }

    /// <summary>The one instance.</summary>
    /// <exception cref="CodecNotFoundException">The type is sealed and has no codec; asked again, it is looked for again.</exception>
    public static Declared<T> Instance => _instance ??= new Declared<T>();

    /// <summary>Whether every value is of exactly the type <typeparamref name="T"/>.</summary>
    public bool IsSealed { get; }

    /// <summary>Whether every value can be shared.</summary>
    public bool IsImmutable { get; }

    /// <summary>The codec of exactly <typeparamref name="T"/>; null for interfaces and types without codec.</summary>
    public Codec<T>? Exact { get; }

    /// <summary>Finds the codec of a value's type.</summary>
    /// <param name="type">The type of a value.</param>
    /// <returns>The codec.</returns>
    /// <exception cref="CodecNotFoundException">None is registered.</exception>
    public Codec CodecFor(Type type)
    {
        if (type == typeof(T) && Exact is { } exact)
        {
            return exact;
        }

        if (_last is { } last && last.Type == type)
        {
            return last;
        }

        return _last = CodecRegistry.Get(type);
    }
}
