namespace Orleans.Embedded.Serialization;

/// <summary>Copies, writes and reads the values of one exact type. Derive from <see cref="Codec{T}"/>.</summary>
public abstract class Codec
{
    private int _immutable;
    private string? _wireName;

    private protected Codec(Type type) => Type = type;

    /// <summary>The exact type.</summary>
    public Type Type { get; }

    /// <summary>The shape of values on the wire.</summary>
    public abstract WireKind Kind { get; }

    /// <summary>
    /// Whether nothing of a value itself can be modified, its members' values set aside. Default: false.
    /// </summary>
    public virtual bool IsReadOnly => false;

    /// <summary>The declared types of the members; a value is shared if they are immutable too.</summary>
    public virtual IEnumerable<Type> MemberTypes => [];

    /// <summary>Whether a copy of a value is the value itself.</summary>
    public bool IsImmutable
    {
        get
        {
            if (_immutable == 0)
            {
                _immutable = Immutability.OfCodec(this) ? 1 : 2;
            }

            return _immutable == 1;
        }
    }

    /// <summary>The name of the type on the wire.</summary>
    internal virtual string WireName => _wireName ??= CodecRegistry.Name(Type);

    /// <summary>Whether the type is written even where it is the declared one.</summary>
    internal virtual bool IsAlwaysTyped => false;

    internal abstract object CopyObject(object value, CopyContext context);

    internal abstract void WriteBodyObject(CodecWriter writer, object value);

    internal abstract object ReadBodyObject(CodecReader reader, int ordinal);
}
