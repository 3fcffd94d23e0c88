using System.Buffers;
using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Numbers keys of any columns, by the bytes that their values make.</summary>
/// <remarks>Open addressing in slots of 8 bytes: 32 bits of the hash and the number. The bytes lie in chunks, which never move.</remarks>
internal sealed class BytesGroupIndex : GroupIndex
{
    private const int SlotsMin = 64;
    private const int ChunkBytes = 1 << 16;

    private readonly KeyColumn[] _columns;
    private readonly ArrowType[] _types;
    private readonly List<byte[]> _chunks = [];
    private ulong[] _slots = new ulong[SlotsMin];
    private Entry[] _entries = new Entry[SlotsMin / 2];
    private byte[] _scratch = new byte[256];
    private long _chunkBytes;
    private int _chunk = -1;
    private int _used;
    private int _count;

    public BytesGroupIndex(IReadOnlyList<ArrowType> types)
    {
        _types = [.. types];
        _columns = [.. types.Select(KeyColumn.Of)];
    }

    public override int Count => _count;

    public override long ByteCount => (long)_slots.Length * sizeof(ulong) + (long)_entries.Length * 24 + _chunkBytes;

    public override int Capacity => _slots.Length / 2 - 1;

    public override void Find(ReadOnlySpan<ArrowArray> keys, Span<int> groups)
    {
        var hashes = ArrayPool<ulong>.Shared.Rent(groups.Length);
        try
        {
            Hash(keys, hashes.AsSpan(0, groups.Length));
            for (var column = 0; column < _columns.Length; column++)
            {
                _columns[column].Begin(keys[column]);
            }

            for (var row = 0; row < groups.Length; row++)
            {
                groups[row] = Find(hashes[row], Encode(row));
            }
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(hashes);
        }
    }

    public override ArrowArray[] Keys(ReadOnlySpan<int> groups, ArrowAllocator allocator)
    {
        var builders = new ArrowArrayBuilder[_columns.Length];
        try
        {
            for (var column = 0; column < builders.Length; column++)
            {
                builders[column] = ArrowArrayBuilder.Create(_types[column], allocator);
            }

            foreach (var group in groups)
            {
                var bytes = BytesOf(group);
                for (var column = 0; column < builders.Length; column++)
                {
                    bytes = bytes[_columns[column].Read(bytes, builders[column])..];
                }
            }

            return ArrowColumns.Build(builders);
        }
        finally
        {
            foreach (var builder in builders)
            {
                builder?.Dispose();
            }
        }
    }

    public override void Clear()
    {
        Array.Clear(_slots);

        // Chunks of one key are of that key's size, and would be in the way of others.
        _chunks.RemoveAll(chunk => chunk.Length != ChunkBytes);
        _chunkBytes = (long)_chunks.Count * ChunkBytes;
        (_count, _chunk, _used) = (0, -1, 0);
    }

    private static void Hash(ReadOnlySpan<ArrowArray> keys, Span<ulong> hashes)
    {
        var fields = new ArrowField[keys.Length];
        var places = new int[keys.Length];
        for (var column = 0; column < keys.Length; column++)
        {
            fields[column] = new ArrowField("", keys[column].Type);
            places[column] = column;
            keys[column].Retain();
        }

        using var batch = new RecordBatch(new ArrowSchema(fields), keys.ToArray(), hashes.Length);
        RowHash.Compute(batch, places, hashes);
    }

    private ReadOnlySpan<byte> Encode(int row)
    {
        var size = 0;
        foreach (var column in _columns)
        {
            size += column.SizeOf(row);
        }

        if (_scratch.Length < size)
        {
            _scratch = new byte[size * 2];
        }

        var written = 0;
        foreach (var column in _columns)
        {
            written += column.Write(row, _scratch.AsSpan(written));
        }

        return _scratch.AsSpan(0, written);
    }

    private int Find(ulong hash, ReadOnlySpan<byte> key)
    {
        if ((_count + 1) * 2 > _slots.Length)
        {
            Grow();
        }

        var mask = _slots.Length - 1;
        var tag = hash & 0xFFFF_FFFF_0000_0000;
        for (var at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            var slot = _slots[at];
            if (slot == 0)
            {
                var group = Add(hash, key);
                _slots[at] = tag | (uint)(group + 1);
                return group;
            }

            if ((slot & 0xFFFF_FFFF_0000_0000) == tag && BytesOf((int)(uint)slot - 1).SequenceEqual(key))
            {
                return (int)(uint)slot - 1;
            }
        }
    }

    private int Add(ulong hash, ReadOnlySpan<byte> key)
    {
        if (_chunk < 0 || _chunks[_chunk].Length - _used < key.Length)
        {
            _chunk++;
            _used = 0;
            if (_chunk == _chunks.Count || _chunks[_chunk].Length < key.Length)
            {
                _chunks.Insert(_chunk, new byte[Math.Max(ChunkBytes, key.Length)]);
                _chunkBytes += _chunks[_chunk].Length;
            }
        }

        key.CopyTo(_chunks[_chunk].AsSpan(_used));
        _entries[_count] = new Entry(hash, _chunk, _used, key.Length);
        _used += key.Length;
        return _count++;
    }

    private ReadOnlySpan<byte> BytesOf(int group)
    {
        ref readonly var entry = ref _entries[group];
        return CollectionsMarshal.AsSpan(_chunks)[entry.Chunk].AsSpan(entry.Start, entry.Length);
    }

    private void Grow()
    {
        var length = checked(_slots.Length * 2);
        _slots = new ulong[length];
        HugePages.Resize(ref _entries, length / 2);
        for (var group = 0; group < _count; group++)
        {
            var hash = _entries[group].Hash;
            var at = (int)hash & (length - 1);
            while (_slots[at] != 0)
            {
                at = (at + 1) & (length - 1);
            }

            _slots[at] = (hash & 0xFFFF_FFFF_0000_0000) | (uint)(group + 1);
        }
    }

    private readonly record struct Entry(ulong Hash, int Chunk, int Start, int Length);
}
