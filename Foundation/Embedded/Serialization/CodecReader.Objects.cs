using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <content>Objects with identity, and types.</content>
/// <remarks>
/// A member that is not known here is skipped, but a later member may refer to an object inside it. So the place of each
/// skipped object is kept, and it is read when the first reference asks for it.
/// </remarks>
public sealed partial class CodecReader
{
    private const int EndLevelNumber = -2;
    private const int Registered = -1;
    private const int Reading = -2;

    private readonly List<(object? Value, int Position)> _objects = [];
    private readonly List<(string Name, Codec? Codec)> _types = [];
    private int _nextOrdinal;

    /// <summary>Says which instance an object number means. To be called before its members are read.</summary>
    /// <param name="ordinal">The number.</param>
    /// <param name="value">The instance.</param>
    public void Register(int ordinal, object value)
    {
        if (ordinal >= 0)
        {
            _objects[ordinal] = (value, Registered);
        }
    }

    private object ReadBody(Codec codec, WireKind kind)
    {
        CheckKind(codec, kind);
        if (kind is not (WireKind.TrackedGroup or WireKind.Group))
        {
            return codec.ReadBodyObject(this, -1);
        }

        CopyContext.EnsureStack(codec.Type);
        if (kind == WireKind.Group)
        {
            return codec.ReadBodyObject(this, -1);
        }

        var ordinal = ReserveOrdinal(Reading);
        if (_objects[ordinal].Value is { } known)
        {
            EndObject();
            return known;
        }

        _objects[ordinal] = (null, Reading);
        var value = codec.ReadBodyObject(this, ordinal);
        Register(ordinal, value);
        return value;
    }

    private int ReserveOrdinal(int position)
    {
        var ordinal = _nextOrdinal++;
        if (ordinal == _objects.Count)
        {
            _objects.Add((null, position));
        }

        return ordinal;
    }

    private T ReadReference<T>(in FieldHeader header)
    {
        var number = ReadVarint();
        if (number >= (ulong)_objects.Count)
        {
            throw new ReferenceNotFoundException(
                $"A reference to object {number} stands before that object (at byte {_position - _start}).");
        }

        var ordinal = (int)number;
        var (value, position) = _objects[ordinal];
        if (value is null)
        {
            if (position < 0)
            {
                throw new ReferenceNotFoundException(
                    $"Object {number} refers to itself and is of a type that cannot (at byte {_position - _start}).");
            }

            value = ReadSkipped(ordinal, position, header, typeof(T));
        }

        return Cast<T>(value);
    }

    private object ReadSkipped(int ordinal, int position, in FieldHeader header, Type declared)
    {
        // The reference says its type by the same rule as the object itself: if it is not the declared one.
        var codec = header.TypeNumber >= 0 ? CodecOf(header, declared) : CodecRegistry.Get(declared);
        CheckKind(codec, WireKind.TrackedGroup);
        var (savedPosition, savedOrdinal) = (_position, _nextOrdinal);
        (_position, _nextOrdinal) = (position, ordinal);
        var value = ReadBody(codec, WireKind.TrackedGroup);
        (_position, _nextOrdinal) = (savedPosition, savedOrdinal);
        return value;
    }

    private object ReadShared(Type declared)
    {
        var text = ReadString();
        var references = References ?? throw Error(
            $"A reference '{text}' of type '{declared}' cannot be read here: no {nameof(IReferenceFormatter)} is registered");
        return references.Parse(text, declared);
    }

    private int ReadTypeNumber()
    {
        var raw = ReadVarint();
        var number = raw >> 1;
        if ((raw & 1) == 0)
        {
            return number < (ulong)_types.Count ? (int)number : throw Error($"Type number {number} is not defined");
        }

        var name = ReadString();
        if (number == (ulong)_types.Count)
        {
            _types.Add((name, null));
        }
        else if (number > (ulong)_types.Count || _types[(int)number].Name != name)
        {
            throw Error($"Type number {number} is defined out of order");
        }

        return (int)number;
    }

    private Codec CodecOf(in FieldHeader header, Type declared)
    {
        var (name, codec) = _types[header.TypeNumber];
        if (codec is null)
        {
            codec = BuiltInCodecs.TrySpecialName(name);
            if (codec is null)
            {
                var type = CodecRegistry.ResolveName(name);
                codec = CodecRegistry.Get(type);
            }

            _types[header.TypeNumber] = (name, codec);
        }

        if (codec is not (ISharedCodec or IDerivedValuesCodec))
        {
            CheckAssignable(codec.Type, declared, name);
        }

        return codec;
    }

    private static void CheckAssignable(Type type, Type declared, string name)
    {
        var target = Nullable.GetUnderlyingType(declared) ?? declared;
        if (!target.IsAssignableFrom(type))
        {
            throw new IllegalTypeException($"Type '{name}' stands where '{declared}' is expected.");
        }
    }

    private T Cast<T>(object value) =>
        value is T typed
            ? typed
            : throw Error($"An object of type '{value.GetType()}' stands where '{typeof(T)}' is expected");

    private void CheckKind(Codec codec, WireKind kind)
    {
        if (codec.Kind != kind)
        {
            throw Error($"A value of type '{codec.Type}' has the wire kind {kind}, not {codec.Kind}");
        }
    }
}
