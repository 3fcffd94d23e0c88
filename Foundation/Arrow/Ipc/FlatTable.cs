using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Reads a FlatBuffers table. Every position is checked, so bytes from anywhere can be read.</summary>
internal readonly ref struct FlatTable
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly int _position;
    private readonly int _fields;
    private readonly int _fieldsSize;

    private FlatTable(ReadOnlySpan<byte> data, long position)
    {
        Check(data, position, 4);
        var fields = position - BinaryPrimitives.ReadInt32LittleEndian(data[(int)position..]);
        Check(data, fields, 4);
        var size = BinaryPrimitives.ReadUInt16LittleEndian(data[(int)fields..]);
        if (size < 4)
        {
            throw new ArrowFormatException($"Metadata: the table at {position} has a field list of {size} bytes.");
        }

        Check(data, fields, size);
        _data = data;
        _position = (int)position;
        _fields = (int)fields;
        _fieldsSize = size;
    }

    /// <summary>Whether this is the default value, a table that is not there.</summary>
    public bool IsMissing => _fieldsSize == 0;

    public static FlatTable Root(ReadOnlySpan<byte> data)
    {
        Check(data, 0, 4);
        return new FlatTable(data, BinaryPrimitives.ReadUInt32LittleEndian(data));
    }

    public byte Byte(int field, byte defaultValue = 0)
    {
        var at = Find(field, 1);
        return at == 0 ? defaultValue : _data[at];
    }

    public bool Bool(int field, bool defaultValue = false) => Byte(field, defaultValue ? (byte)1 : (byte)0) != 0;

    public short Short(int field, short defaultValue = 0)
    {
        var at = Find(field, 2);
        return at == 0 ? defaultValue : BinaryPrimitives.ReadInt16LittleEndian(_data[at..]);
    }

    public int Int(int field, int defaultValue = 0)
    {
        var at = Find(field, 4);
        return at == 0 ? defaultValue : BinaryPrimitives.ReadInt32LittleEndian(_data[at..]);
    }

    public long Long(int field, long defaultValue = 0)
    {
        var at = Find(field, 8);
        return at == 0 ? defaultValue : BinaryPrimitives.ReadInt64LittleEndian(_data[at..]);
    }

    public bool TryTable(int field, out FlatTable table)
    {
        var target = FindReference(field);
        table = target == 0 ? default : new FlatTable(_data, target);
        return target != 0;
    }

    public string? String(int field)
    {
        var target = FindReference(field);
        return target == 0 ? null : ReadString(target);
    }

    /// <summary>The bytes of a vector and its number of elements; nothing when it is missing.</summary>
    public ReadOnlySpan<byte> Vector(int field, int elementSize, out int count)
    {
        var target = FindReference(field);
        if (target == 0)
        {
            count = 0;
            return default;
        }

        Check(_data, target, 4);
        var claimed = BinaryPrimitives.ReadUInt32LittleEndian(_data[(int)target..]);
        Check(_data, target + 4, claimed * (long)elementSize);
        count = (int)claimed;
        return _data.Slice((int)target + 4, count * elementSize);
    }

    /// <summary>Number of tables in a vector of tables.</summary>
    public int TableCount(int field)
    {
        Vector(field, 4, out var count);
        return count;
    }

    /// <summary>A table of a vector of tables; the index was checked against <see cref="TableCount"/>.</summary>
    public FlatTable TableAt(int field, int index)
    {
        var start = FindReference(field) + 4 + index * 4L;
        return new FlatTable(_data, start + BinaryPrimitives.ReadUInt32LittleEndian(_data[(int)start..]));
    }

    [DoesNotReturn]
    private static void Throw(long position, long size, int length) => throw new ArrowFormatException(
        $"Metadata: {size} bytes at position {position} lie outside the {length} bytes of the message.");

    private static void Check(ReadOnlySpan<byte> data, long position, long size)
    {
        if (position < 0 || size < 0 || position > data.Length - size)
        {
            Throw(position, size, data.Length);
        }
    }

    private int Find(int field, int size)
    {
        var slot = 4 + field * 2;
        if (slot + 2 > _fieldsSize)
        {
            return 0;
        }

        var distance = BinaryPrimitives.ReadUInt16LittleEndian(_data[(_fields + slot)..]);
        if (distance == 0)
        {
            return 0;
        }

        Check(_data, (long)_position + distance, size);
        return _position + distance;
    }

    private long FindReference(int field)
    {
        var at = Find(field, 4);
        return at == 0 ? 0 : at + (long)BinaryPrimitives.ReadUInt32LittleEndian(_data[at..]);
    }

    private string ReadString(long target)
    {
        Check(_data, target, 4);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_data[(int)target..]);
        Check(_data, target + 4, length);
        return Encoding.UTF8.GetString(_data.Slice((int)target + 4, (int)length));
    }
}
