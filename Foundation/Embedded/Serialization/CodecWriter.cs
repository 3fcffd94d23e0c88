using System.Buffers.Binary;
using System.Text;
using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <summary>
/// Writes fields. A field is a header and a body; the header is a varint: id * 16 + (8 if a type follows) +
/// <see cref="WireKind"/>. The type is a varint, number * 2 + (1 if its name follows, as length and UTF-8), where types
/// are numbered by first appearance.
/// </summary>
/// <remarks>Not for use by several threads.</remarks>
public sealed class CodecWriter
{
    internal const int TypedBit = 8;
    internal const int KindMask = 7;
    internal const int IdShift = 4;
    internal const byte EndObjectMark = TypedBit | (int)WireKind.Null;
    internal const byte EndLevelMark = (1 << IdShift) | EndObjectMark;

    private const int RetainedCapacity = 1 << 20;
    private const int RetainedObjects = 1024;

    [ThreadStatic]
    private static CodecWriter? _spare;

    private readonly Dictionary<object, int> _ordinals = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> _types = new(StringComparer.Ordinal);
    private byte[] _buffer = new byte[256];
    private int _length;

    private CodecWriter()
    {
    }

    internal IReferenceFormatter? References { get; private set; }

    internal ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Writes a member.</summary>
    /// <typeparam name="T">The declared type of the member.</typeparam>
    /// <param name="id">The id of the member.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="CodecNotFoundException">No codec is registered for the type of the value.</exception>
    /// <exception cref="SerializerException">The graph is nested too deeply.</exception>
    public void WriteField<T>(uint id, T value)
    {
        if (value is null)
        {
            WriteHeader(id, WireKind.Null, typed: false);
            return;
        }

        var declared = Declared<T>.Instance;
        if (declared.IsSealed || value.GetType() == typeof(T))
        {
            var codec = declared.Exact ?? throw new CodecNotFoundException(
                $"No codec is registered for type '{typeof(T)}'. Add [GenerateSerializer] to it.");
            if (Begin(id, codec, value, typed: codec.IsAlwaysTyped))
            {
                codec.WriteBody(this, value);
            }
        }
        else
        {
            var codec = declared.CodecFor(value.GetType());
            if (Begin(id, codec, value, typed: true))
            {
                codec.WriteBodyObject(this, value);
            }
        }
    }

    /// <summary>Ends the fields of one type of a hierarchy; those of the next follow.</summary>
    public void EndLevel() => WriteByte(EndLevelMark);

    /// <summary>Ends an object or group.</summary>
    public void EndObject() => WriteByte(EndObjectMark);

    /// <summary>Writes an unsigned integer as varint.</summary>
    /// <param name="value">The value.</param>
    public void WriteVarint(ulong value)
    {
        var span = Reserve(10);
        var count = 0;
        while (value >= 0x80)
        {
            span[count++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[count++] = (byte)value;
        _length += count;
    }

    /// <summary>Writes a signed integer as varint, small magnitudes short (zigzag).</summary>
    /// <param name="value">The value.</param>
    public void WriteSigned(long value) => WriteVarint((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Writes 4 bytes, little-endian.</summary>
    /// <param name="value">The value.</param>
    public void WriteFixed32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);
        _length += 4;
    }

    /// <summary>Writes 8 bytes, little-endian.</summary>
    /// <param name="value">The value.</param>
    public void WriteFixed64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);
        _length += 8;
    }

    /// <summary>Writes a length and bytes.</summary>
    /// <param name="value">The bytes.</param>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteVarint((ulong)value.Length);
        value.CopyTo(Reserve(value.Length));
        _length += value.Length;
    }

    /// <summary>Writes a length in bytes and text in UTF-8; unpaired surrogates become U+FFFD.</summary>
    /// <param name="value">The text.</param>
    public void WriteString(ReadOnlySpan<char> value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        WriteVarint((ulong)count);
        Encoding.UTF8.GetBytes(value, Reserve(count));
        _length += count;
    }

    internal static CodecWriter Rent(IReferenceFormatter? references)
    {
        var writer = _spare ?? new CodecWriter();
        _spare = null;
        writer.References = references;
        return writer;
    }

    internal void Return()
    {
        References = null;
        _length = 0;
        if (_buffer.Length > RetainedCapacity || _ordinals.Count > RetainedObjects)
        {
            return;
        }

        _ordinals.Clear();
        _types.Clear();
        _spare = this;
    }

    internal void WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        _length++;
    }

    /// <summary>Writes the header.</summary>
    /// <returns>Whether the body is to be written: not when a reference says all.</returns>
    private bool Begin(uint id, Codec codec, object? value, bool typed)
    {
        var kind = codec.Kind;
        if (kind is not (WireKind.TrackedGroup or WireKind.Group))
        {
            WriteHeader(id, kind, typed);
            WriteType(codec, typed);
            return true;
        }

        CopyContext.EnsureStack(codec.Type);
        if (kind == WireKind.TrackedGroup && !_ordinals.TryAdd(value!, _ordinals.Count))
        {
            WriteHeader(id, WireKind.Reference, typed);
            WriteType(codec, typed);
            WriteVarint((ulong)_ordinals[value!]);
            return false;
        }

        WriteHeader(id, kind, typed);
        WriteType(codec, typed);
        return true;
    }

    private void WriteHeader(uint id, WireKind kind, bool typed) =>
        WriteVarint(((ulong)id << IdShift) | (typed ? TypedBit : 0u) | (ulong)kind);

    private void WriteType(Codec codec, bool typed)
    {
        if (!typed)
        {
            return;
        }

        var name = codec.WireName;
        if (_types.TryGetValue(name, out var number))
        {
            WriteVarint((ulong)number << 1);
            return;
        }

        number = _types.Count;
        _types.Add(name, number);
        WriteVarint(((ulong)number << 1) | 1);
        WriteString(name);
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _length < count)
        {
            var needed = (long)_length + count;
            if (needed > Array.MaxLength)
            {
                throw new SerializerException($"The value takes more than {Array.MaxLength} bytes. Send it in parts.");
            }

            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(_buffer.Length * 2L, needed)));
        }

        return _buffer.AsSpan(_length, _buffer.Length - _length);
    }
}
