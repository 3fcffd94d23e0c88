using System.Buffers.Binary;
using System.Numerics;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Reads the binary encoding (Avro 1.12, "Binary Encoding") of one record. All that can be wrong with it is a <see cref="BadRecordException"/>.</summary>
internal ref struct AvroReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>Records inside of records that are passed over at most; deeper ones are hostile.</summary>
    public const int DepthMax = 64;

    // Items of no bytes (nulls, empty records) that a record may have: without a limit ten bytes could ask for years of work.
    private const int EmptyItemsMax = 65_536;

    // Bytes of a decimal: to show one as digits costs the square of them.
    private const int DecimalBytesMax = 1_024;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;
    private long _itemsLeft = (long)bytes.Length + EmptyItemsMax;

    /// <summary>Which column is read, for messages.</summary>
    public string Column { get; set; } = "";

    /// <summary>Bytes that follow.</summary>
    public readonly int Left => _bytes.Length - _at;

    public long Long()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var one = Byte();
            value |= (ulong)(one & 0x7f) << shift;
            if (one < 0x80)
            {
                return shift == 63 && one > 1 ? throw Bad("a number is longer than 64 bits") : (long)(value >> 1) ^ -(long)(value & 1);
            }
        }

        throw Bad("a number is longer than 64 bits");
    }

    public int Int() => Long() is var value && value == (int)value ? (int)value : throw Bad($"{value} is no int");

    public bool Boolean() => Byte() switch { 0 => false, 1 => true, var other => throw Bad($"{other} is no boolean") };

    public float Float() => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    /// <summary>Bytes or a text, behind their length.</summary>
    public ReadOnlySpan<byte> Bytes() => Long() is var length && length >= 0 && length <= Left ? Take((int)length) : throw Bad($"a length of {length} goes beyond its end");

    /// <summary>The unscaled number of a decimal.</summary>
    public BigInteger Decimal(AvroType type) =>
        (type.Kind == AvroKind.Fixed ? Take(type.Size) : Bytes()) is var digits && digits.Length <= DecimalBytesMax
            ? new BigInteger(digits, isBigEndian: true)
            : throw Bad($"a decimal has {digits.Length} bytes, more than {DecimalBytesMax}");

    /// <summary>So many bytes.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left)
        {
            throw Bad($"it ends inside of {count} bytes");
        }

        _at += count;
        return _bytes.Slice(_at - count, count);
    }

    /// <summary>The place of one of several: of a branch, or of a word.</summary>
    public int Choice(int count, string what) => Long() is var place && place >= 0 && place < count ? (int)place : throw Bad($"{place} is no {what}; there are {count}");

    /// <summary>The next block of an array or a map.</summary>
    /// <param name="byteCount">Its bytes, where it says them; otherwise -1.</param>
    /// <returns>How many items follow; 0 at the end.</returns>
    public long Block(out long byteCount)
    {
        var count = Long();
        byteCount = -1;
        if (count < 0)
        {
            byteCount = Long();
            count = count == long.MinValue || byteCount < 0 || byteCount > Left ? throw Bad($"a block of {byteCount} bytes goes beyond its end") : -count;
        }

        return count <= _itemsLeft ? count : throw Bad($"a block of {count} items goes beyond its end");
    }

    /// <summary>Counts an item of an array or a map.</summary>
    public void Item() => _itemsLeft = _itemsLeft > 0 ? _itemsLeft - 1 : throw Bad($"it has more than {_bytes.Length + EmptyItemsMax} items");

    /// <summary>Passes over a value.</summary>
    public void Skip(AvroType type, int depth = 0)
    {
        if (depth > DepthMax)
        {
            throw Bad($"it is deeper than {DepthMax} values");
        }

        switch (type.Kind)
        {
            case AvroKind.Null:
                break;
            case AvroKind.Boolean:
                Boolean();
                break;
            case AvroKind.Int or AvroKind.Long or AvroKind.Enum:
                Long();
                break;
            case AvroKind.Float:
                Take(sizeof(float));
                break;
            case AvroKind.Double:
                Take(sizeof(double));
                break;
            case AvroKind.Bytes or AvroKind.String:
                Bytes();
                break;
            case AvroKind.Fixed:
                Take(type.Size);
                break;
            case AvroKind.Union:
                Skip(type.Branches[Choice(type.Branches.Count, "branch of the union")], depth + 1);
                break;
            case AvroKind.Record:
                foreach (var field in type.Fields)
                {
                    Skip(field.Type, depth + 1);
                }

                break;
            default:
                SkipItems(type, depth);
                break;
        }
    }

    /// <summary>What to say of a record that cannot be read.</summary>
    public readonly BadRecordException Bad(string problem) => new(Column.Length > 0 ? $"in column '{Column}' {problem}" : problem);

    private void SkipItems(AvroType type, int depth)
    {
        while (Block(out var byteCount) is var count and > 0)
        {
            if (byteCount >= 0)
            {
                Take((int)byteCount);
                continue;
            }

            for (; count > 0; count--)
            {
                Item();
                if (type.Kind == AvroKind.Map)
                {
                    Bytes();
                }

                Skip(type.Items!, depth + 1);
            }
        }
    }

    private byte Byte() => _at < _bytes.Length ? _bytes[_at++] : throw Bad("it ends too early");
}
