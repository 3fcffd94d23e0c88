using System.Buffers.Binary;
using System.Text;
using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <summary>
/// Reads what <see cref="CodecWriter"/> wrote. Bytes are not trusted: every error is a <see cref="SerializerException"/>
/// that says where, and nothing larger than the bytes that are left is allocated on the word of a length.
/// </summary>
/// <remarks>Not for use by several threads.</remarks>
public sealed partial class CodecReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _buffer;
    private readonly int _start;
    private readonly int _end;
    private int _position;
    private long _announced;

    internal CodecReader(byte[] buffer, int start, int length, IReferenceFormatter? references, int position)
    {
        _buffer = buffer;
        _start = start;
        _position = start + position;
        _end = start + length;
        References = references;
    }

    internal IReferenceFormatter? References { get; }

    /// <summary>Bytes not read yet; a collection cannot have more elements than that.</summary>
    public int Remaining => _end - _position;

    /// <summary>Reads the header of the next field of the current level.</summary>
    /// <param name="header">The header.</param>
    /// <returns>False at the end of the level.</returns>
    public bool TryReadHeader(out FieldHeader header)
    {
        if (_position >= _end)
        {
            throw Truncated(1);
        }

        if (_buffer[_position] == CodecWriter.EndObjectMark)
        {
            // Stays, so that levels which an older writer did not know are empty, too. EndObject takes it.
            header = default;
            return false;
        }

        header = ReadHeader();
        return !IsEndLevel(header);
    }

    /// <summary>Skips what is left of an object, including levels of types that are not known here.</summary>
    public void EndObject()
    {
        while (_position < _end && _buffer[_position] != CodecWriter.EndObjectMark)
        {
            if (TryReadHeader(out var header))
            {
                Skip(header);
            }
        }

        Take(1);
    }

    /// <summary>Reads the value of a field.</summary>
    /// <typeparam name="T">The declared type of the member.</typeparam>
    /// <param name="header">The header of the field.</param>
    /// <returns>The value; the default of <typeparamref name="T"/> for null.</returns>
    /// <exception cref="SerializerException">The bytes are no such value.</exception>
    public T ReadField<T>(in FieldHeader header)
    {
        if (header.Kind == WireKind.Null)
        {
            return default!;
        }

        if (header.Kind == WireKind.Reference)
        {
            return ReadReference<T>(header);
        }

        if (header.TypeNumber >= 0)
        {
            var codec = CodecOf(header, typeof(T));
            return codec is ISharedCodec
                ? (T)ReadShared(typeof(T))
                : Cast<T>(ReadBody(codec, header.Kind));
        }

        var exact = Declared<T>.Instance.Exact
            ?? throw Error($"Field {header.Id} says no type, and type '{typeof(T)}' has no instances");
        CheckKind(exact, header.Kind);
        if (header.Kind is not (WireKind.TrackedGroup or WireKind.Group))
        {
            return exact.ReadBody(this, -1);
        }

        if (header.Kind == WireKind.Group)
        {
            CopyContext.EnsureStack(typeof(T));
            return exact.ReadBody(this, -1);
        }

        return Cast<T>(ReadBody(exact, header.Kind));
    }

    /// <summary>Passes over the value of a field.</summary>
    /// <param name="header">The header of the field.</param>
    public void Skip(in FieldHeader header)
    {
        switch (header.Kind)
        {
            case WireKind.Varint or WireKind.Reference:
                ReadVarint();
                break;
            case WireKind.Fixed32:
                Take(4);
                break;
            case WireKind.Fixed64:
                Take(8);
                break;
            case WireKind.Bytes:
                ReadBytes();
                break;
            case WireKind.Group or WireKind.TrackedGroup:
                if (header.Kind == WireKind.TrackedGroup)
                {
                    ReserveOrdinal(_position);
                }

                CopyContext.EnsureStack(typeof(object));
                EndObject();
                break;
            default:
                break;
        }
    }

    /// <summary>Reads a varint.</summary>
    /// <returns>The value.</returns>
    public ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_position >= _end)
            {
                throw Truncated(1);
            }

            var next = _buffer[_position++];
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Error("An integer has more than 64 bits");
    }

    /// <summary>Reads a signed varint.</summary>
    /// <returns>The value.</returns>
    public long ReadSigned()
    {
        var raw = ReadVarint();
        return (long)(raw >> 1) ^ -(long)(raw & 1);
    }

    /// <summary>Reads 4 bytes, little-endian.</summary>
    /// <returns>The value.</returns>
    public uint ReadFixed32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>Reads 8 bytes, little-endian.</summary>
    /// <returns>The value.</returns>
    public ulong ReadFixed64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>Reads a length and bytes.</summary>
    /// <returns>The bytes, inside the buffer: copy what is to be kept.</returns>
    public ReadOnlySpan<byte> ReadBytes()
    {
        var length = ReadVarint();
        return length <= (ulong)Remaining ? Take((int)length) : throw Truncated(length);
    }

    /// <summary>Reads a length and text.</summary>
    /// <returns>The text.</returns>
    public string ReadString()
    {
        var bytes = ReadBytes();
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (ArgumentException exception)
        {
            throw new SerializerException($"Text that ends at byte {_position - _start} is not UTF-8.", exception);
        }
    }

    /// <summary>Reads the number of elements of a collection.</summary>
    /// <param name="header">The header of the field that holds it.</param>
    /// <returns>The number, at most <see cref="Remaining"/>.</returns>
    public int ReadCount(in FieldHeader header)
    {
        if (header.Kind != WireKind.Varint)
        {
            throw Error($"The number of elements has the wire kind {header.Kind}, not {WireKind.Varint}");
        }

        var count = ReadVarint();
        if (count > (ulong)Remaining)
        {
            throw Error($"A collection of {count} elements is announced where {Remaining} bytes are left");
        }

        // Each element has a byte of its own, so nested collections cannot announce more than the bytes there are.
        _announced += (long)count;
        return _announced <= _end - _start
            ? (int)count
            : throw Error($"Collections announce {_announced} elements in all");
    }

    internal void ExpectEnd()
    {
        if (_position != _end)
        {
            throw Error($"{Remaining} bytes are left over");
        }
    }

    internal FieldHeader ReadHeader()
    {
        var tag = ReadVarint();
        var id = tag >> CodecWriter.IdShift;
        if (id > uint.MaxValue)
        {
            throw Error($"Field id {id} is out of range");
        }

        var kind = (WireKind)(tag & CodecWriter.KindMask);
        var typed = (tag & CodecWriter.TypedBit) != 0;
        if (kind == WireKind.Null && typed)
        {
            return tag == CodecWriter.EndLevelMark
                ? new FieldHeader((uint)id, kind, EndLevelNumber)
                : throw Error($"Mark {tag} is not known");
        }

        return new FieldHeader((uint)id, kind, typed ? ReadTypeNumber() : -1);
    }

    internal SerializerException Error(string what, Exception? inner = null)
    {
        var message = $"{what} (at byte {_position - _start} of {_end - _start}).";
        return inner is null ? new SerializerException(message) : new SerializerException(message, inner);
    }

    private static bool IsEndLevel(in FieldHeader header) => header.TypeNumber == EndLevelNumber;

    private ReadOnlySpan<byte> Take(int count)
    {
        if (Remaining < count)
        {
            throw Truncated((ulong)count);
        }

        var span = _buffer.AsSpan(_position, count);
        _position += count;
        return span;
    }

    private SerializerException Truncated(ulong wanted) =>
        Error($"The bytes are cut off: {wanted} more are needed and {Remaining} are left");
}
