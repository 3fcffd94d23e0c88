using System.Buffers.Binary;
using System.Text;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>
/// Writes FlatBuffers back to front, as the format is meant to be written: what is referred to comes first. Positions are
/// counted from the end, so that they stay valid when the array grows. Source: "FlatBuffers Internals", flatbuffers.dev.
/// </summary>
internal sealed class FlatBuilder
{
    private byte[] _data = new byte[1024];
    private int _used;
    private int _maxAlign = 1;
    private int[] _fields = new int[16];
    private int _fieldCount;
    private int _tableStart;

    public void Clear()
    {
        _used = 0;
        _maxAlign = 1;
    }

    public int String(string value)
    {
        var byteCount = Encoding.UTF8.GetByteCount(value);
        Prepare(4, byteCount + 1);
        var target = Take(byteCount + 1);
        Encoding.UTF8.GetBytes(value, target);
        target[byteCount] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(Take(4), byteCount);
        return _used;
    }

    /// <summary>A vector of references to tables or strings.</summary>
    public int References(ReadOnlySpan<int> positions)
    {
        Prepare(4, positions.Length * 4);
        for (var i = positions.Length - 1; i >= 0; i--)
        {
            Reference(positions[i]);
        }

        BinaryPrimitives.WriteInt32LittleEndian(Take(4), positions.Length);
        return _used;
    }

    public int Ints(IReadOnlyList<int> values)
    {
        Prepare(4, values.Count * 4);
        for (var i = values.Count - 1; i >= 0; i--)
        {
            BinaryPrimitives.WriteInt32LittleEndian(Take(4), values[i]);
        }

        BinaryPrimitives.WriteInt32LittleEndian(Take(4), values.Count);
        return _used;
    }

    /// <summary>A vector of structs that consist of 64-bit words.</summary>
    public int Structs(ReadOnlySpan<long> words, int wordsPerStruct)
    {
        Prepare(4, words.Length * 8);
        Prepare(8, words.Length * 8);
        for (var i = words.Length - 1; i >= 0; i--)
        {
            BinaryPrimitives.WriteInt64LittleEndian(Take(8), words[i]);
        }

        BinaryPrimitives.WriteInt32LittleEndian(Take(4), words.Length / wordsPerStruct);
        return _used;
    }

    public void StartTable(int fields)
    {
        if (_fields.Length < fields)
        {
            _fields = new int[fields];
        }

        Array.Clear(_fields, 0, fields);
        _fieldCount = fields;
        _tableStart = _used;
    }

    public void Byte(int field, byte value)
    {
        Prepare(1, 0);
        Take(1)[0] = value;
        _fields[field] = _used;
    }

    public void Bool(int field, bool value) => Byte(field, value ? (byte)1 : (byte)0);

    public void Short(int field, short value)
    {
        Prepare(2, 0);
        BinaryPrimitives.WriteInt16LittleEndian(Take(2), value);
        _fields[field] = _used;
    }

    public void Int(int field, int value)
    {
        Prepare(4, 0);
        BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);
        _fields[field] = _used;
    }

    public void Long(int field, long value)
    {
        Prepare(8, 0);
        BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);
        _fields[field] = _used;
    }

    /// <summary>A reference; 0 leaves the field out.</summary>
    public void Offset(int field, int position)
    {
        if (position == 0)
        {
            return;
        }

        Prepare(4, 0);
        Reference(position);
        _fields[field] = _used;
    }

    public int EndTable()
    {
        Prepare(4, 0);
        var tableOffset = Take(4);
        var table = _used;
        tableOffset.Clear();

        // The table of field positions lies before the table: two sizes, then each field's distance from the table.
        for (var i = _fieldCount - 1; i >= 0; i--)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(Take(2), (ushort)(_fields[i] == 0 ? 0 : table - _fields[i]));
        }

        BinaryPrimitives.WriteUInt16LittleEndian(Take(2), (ushort)(table - _tableStart));
        BinaryPrimitives.WriteUInt16LittleEndian(Take(2), (ushort)((_fieldCount + 2) * 2));
        BinaryPrimitives.WriteInt32LittleEndian(_data.AsSpan(_data.Length - table), _used - table);
        return table;
    }

    /// <summary>The finished bytes, padded at the end to a multiple of 8 with zeros.</summary>
    public byte[] Finish(int root)
    {
        Prepare(Math.Max(_maxAlign, 8), 4);
        Reference(root);
        var result = new byte[(_used + 7) & -8];
        _data.AsSpan(_data.Length - _used, _used).CopyTo(result);
        return result;
    }

    private void Reference(int position)
    {
        var target = Take(4);
        BinaryPrimitives.WriteInt32LittleEndian(target, _used - position);
    }

    /// <summary>Pads, so that after <paramref name="additional"/> more bytes the position is aligned.</summary>
    private void Prepare(int align, int additional)
    {
        _maxAlign = Math.Max(_maxAlign, align);
        var padding = -(_used + additional) & (align - 1);
        Take(padding).Clear();
    }

    private Span<byte> Take(int byteCount)
    {
        while (_data.Length - _used < byteCount)
        {
            var grown = new byte[_data.Length * 2];
            _data.AsSpan(_data.Length - _used).CopyTo(grown.AsSpan(grown.Length - _used));
            _data = grown;
        }

        _used += byteCount;
        return _data.AsSpan(_data.Length - _used, byteCount);
    }
}
