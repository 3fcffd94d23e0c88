using System.Buffers.Binary;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>How a field is written.</summary>
internal enum ProtoWire
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    GroupStart = 3,
    GroupEnd = 4,
    Fixed32 = 5,
}

/// <summary>Reads the wire format of one message. All that can be wrong with it is a <see cref="BadRecordException"/>.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> bytes)
{
    // Groups inside of groups that are passed over; deeper ones are hostile.
    private const int GroupsMax = 64;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    /// <summary>Whether nothing follows.</summary>
    public readonly bool IsEnd => _at == _bytes.Length;

    /// <summary>The next field.</summary>
    /// <returns>False: there is none.</returns>
    public bool TryTag(out int number, out ProtoWire wire)
    {
        (number, wire) = (0, default);
        if (IsEnd)
        {
            return false;
        }

        var tag = Varint();
        (number, wire) = ((int)(tag >> 3), (ProtoWire)(tag & 7));
        return tag <= uint.MaxValue && number > 0 && wire <= ProtoWire.Fixed32 ? true : throw new BadRecordException($"{tag} is no tag of a field");
    }

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var one = _at < _bytes.Length ? _bytes[_at++] : throw new BadRecordException("it ends too early");
            value |= (ulong)(one & 0x7f) << shift;
            if (one < 0x80)
            {
                return value;
            }
        }

        throw new BadRecordException("a number is longer than 64 bits");
    }

    /// <summary>The bits of a number.</summary>
    public ulong Bits(ProtoWire wire) => wire switch
    {
        ProtoWire.Varint => Varint(),
        ProtoWire.Fixed32 => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint))),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong))),
    };

    /// <summary>Bytes, a text, a message, or packed numbers.</summary>
    /// <returns>Where they are.</returns>
    public (int Start, int Length) Range()
    {
        var length = Varint();
        if (length > (ulong)(_bytes.Length - _at))
        {
            throw new BadRecordException($"a length of {length} goes beyond its end");
        }

        _at += (int)length;
        return (_at - (int)length, (int)length);
    }

    /// <summary>Passes over what stands behind a tag.</summary>
    public void Skip(int number, ProtoWire wire)
    {
        switch (wire)
        {
            case ProtoWire.Bytes:
                Range();
                break;
            case ProtoWire.GroupStart:
                SkipGroup(number);
                break;
            case ProtoWire.GroupEnd:
                throw new BadRecordException("a group ends that has not begun");
            default:
                Bits(wire);
                break;
        }
    }

    private void SkipGroup(int number)
    {
        Span<int> open = stackalloc int[GroupsMax];
        open[0] = number;
        for (var depth = 1; depth > 0;)
        {
            if (!TryTag(out var inner, out var wire))
            {
                throw new BadRecordException("it ends inside of a group");
            }

            if (wire == ProtoWire.GroupStart)
            {
                open[depth] = depth + 1 < GroupsMax ? inner : throw new BadRecordException($"it has more than {GroupsMax} groups inside of each other");
                depth++;
            }
            else if (wire == ProtoWire.GroupEnd)
            {
                depth = inner == open[depth - 1] ? depth - 1 : throw new BadRecordException("a group ends that has not begun");
            }
            else
            {
                Skip(inner, wire);
            }
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _at)
        {
            throw new BadRecordException("it ends too early");
        }

        _at += count;
        return _bytes.Slice(_at - count, count);
    }
}
