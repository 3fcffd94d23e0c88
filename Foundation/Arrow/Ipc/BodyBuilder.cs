using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Lays the buffers of arrays out as the body of one message, without copying them where a slice allows it.</summary>
internal sealed unsafe partial class BodyBuilder(IpcWriteOptions options)
{
    private static readonly byte[] Zeros = new byte[64];
    private static readonly byte[] NotCompressed = [255, 255, 255, 255, 255, 255, 255, 255];

    private readonly List<long> _nodes = [];
    private readonly List<long> _buffers = [];
    private readonly List<long> _dataBufferCounts = [];
    private readonly List<ReadOnlyMemory<byte>> _body = [];
    private readonly List<ArrowBuffer> _temporary = [];
    private long _position;

    public ReadOnlySpan<long> Nodes => CollectionsMarshal.AsSpan(_nodes);

    public ReadOnlySpan<long> Buffers => CollectionsMarshal.AsSpan(_buffers);

    /// <summary>For each array of a view type the number of its data buffers.</summary>
    public ReadOnlySpan<long> DataBufferCounts => CollectionsMarshal.AsSpan(_dataBufferCounts);

    public IpcCompression Compression => options.Compression;

    public long BodyLength => _position;

    public IReadOnlyList<ReadOnlyMemory<byte>> Body => [.. _body];

    public void Clear()
    {
        _nodes.Clear();
        _buffers.Clear();
        _dataBufferCounts.Clear();
        _body.Clear();
        _temporary.Clear();
        _position = 0;
    }

    /// <summary>Buffers that were made for this message; the message owns them.</summary>
    public ArrowBuffer[] TakeTemporary()
    {
        var taken = _temporary.Count == 0 ? [] : _temporary.ToArray();
        _temporary.Clear();
        return taken;
    }

    public void Add(ArrowArray array)
    {
        _nodes.Add(array.Length);
        _nodes.Add(array.NullCount);
        var data = array.Data;
        if (ArrowLayout.HasValidity(data.Type))
        {
            AddBits(array.NullCount == 0 ? ArrowBuffer.Empty : data.Buffers[0], data.Offset, data.Length);
        }

        switch (data.Type)
        {
            case NullType:
                break;
            case BooleanType:
                AddBits(data.Buffers[1], data.Offset, data.Length);
                break;
            case StringType or BinaryType:
                var (first, last) = AddOffsets(data);
                AddBuffer(data.Buffers[2].Slice(first, last - first));
                break;
            case ListType or MapType:
                var (start, end) = AddOffsets(data);
                AddSlice(data.Children[0], start, end - start);
                break;
            case FixedSizeListType list:
                AddSlice(data.Children[0], (long)data.Offset * list.Size, (long)data.Length * list.Size);
                break;
            case StructType:
                foreach (var child in data.Children)
                {
                    AddSlice(child, data.Offset, data.Length);
                }

                break;
            case UnionType union:
                AddUnion(data, union);
                break;
            case StringViewType or BinaryViewType:
                AddFixed(data, 1, BytesViewArray.ViewBytes);
                _dataBufferCounts.Add(data.Buffers.Length - 2);
                foreach (var buffer in data.Buffers.AsSpan(2))
                {
                    AddBuffer(buffer);
                }

                break;
            case ListViewType view:
                AddFixed(data, 1, view.IsLarge ? 8 : 4);
                AddFixed(data, 2, view.IsLarge ? 8 : 4);
                Add(data.Children[0]);
                break;
            case RunEndEncodedType:
                AddRuns((RunEndEncodedArray)array);
                break;
            default:
                AddFixed(data, 1, data.Type.FixedBitWidth / 8);
                break;
        }
    }

    private void AddFixed(ArrowArrayData data, int index, int width) => AddBuffer(
        data.Length == 0 ? ArrowBuffer.Empty : data.Buffers[index].Slice((long)data.Offset * width, (long)data.Length * width));

    /// <summary>The runs that a slice touches, with ends counted from its start.</summary>
    private void AddRuns(RunEndEncodedArray array)
    {
        var ends = array.RunEnds;
        if (array.Offset == 0 && (array.Length == 0 ? ends.Length == 0 : array.EndOf(ends.Length - 1) == array.Length) && array.Values.Length == ends.Length)
        {
            Add(ends);
            Add(array.Values);
            return;
        }

        var first = array.Length == 0 ? 0 : array.FindRun(0);
        var count = array.Length == 0 ? 0 : array.FindRun(array.Length - 1) - first + 1;
        var width = ends.Type.FixedBitWidth / 8;
        var shifted = options.Allocator.Allocate((long)count * width);
        _temporary.Add(shifted);
        for (var i = 0; i < count; i++)
        {
            var end = Math.Min(array.EndOf(first + i) - array.Offset, array.Length);
            switch (width)
            {
                case 2:
                    ((short*)shifted.Pointer)[i] = (short)end;
                    break;
                case 4:
                    ((int*)shifted.Pointer)[i] = (int)end;
                    break;
                default:
                    ((long*)shifted.Pointer)[i] = end;
                    break;
            }
        }

        // The message owns the memory, so this array needs no reference of its own.
        Add(ArrowArrayFactory.Wrap(new ArrowArrayData { Type = ends.Type, Length = count, NullCount = 0, Buffers = [ArrowBuffer.Empty, shifted] }));
        AddSlice(array.Values, first, count);
    }

    private void AddUnion(ArrowArrayData data, UnionType union)
    {
        AddBuffer(data.Length == 0 ? ArrowBuffer.Empty : data.Buffers[0].Slice(data.Offset, data.Length));
        if (union.Mode == UnionMode.Dense)
        {
            AddBuffer(data.Length == 0 ? ArrowBuffer.Empty : data.Buffers[1].Slice(data.Offset * 4L, data.Length * 4L));
        }

        foreach (var child in data.Children)
        {
            if (union.Mode == UnionMode.Dense)
            {
                Add(child);
            }
            else
            {
                AddSlice(child, data.Offset, data.Length);
            }
        }
    }

    private void AddSlice(ArrowArray array, long offset, long length)
    {
        if (offset == 0 && length == array.Length)
        {
            Add(array);
            return;
        }

        // The message holds the whole batch, so the slice itself need not outlive this call.
        using var slice = array.Slice(checked((int)offset), checked((int)length));
        Add(slice);
    }

    private (long First, long Last) AddOffsets(ArrowArrayData data)
    {
        var width = ArrowLayout.OffsetWidth(data.Type);
        if (data.Length == 0)
        {
            AddZeros(width);
            return (0, 0);
        }

        var offsets = data.Buffers[1].Slice((long)data.Offset * width, (data.Length + 1L) * width);
        long first;
        long last;
        if (width == 8)
        {
            first = ((long*)offsets.Pointer)[0];
            last = ((long*)offsets.Pointer)[data.Length];
        }
        else
        {
            first = ((int*)offsets.Pointer)[0];
            last = ((int*)offsets.Pointer)[data.Length];
        }

        AddBuffer(first == 0 ? offsets : Shift(offsets, width, first));
        return (first, last);
    }

    private ArrowBuffer Shift(ArrowBuffer offsets, int width, long first)
    {
        var shifted = options.Allocator.Allocate(offsets.Length);
        _temporary.Add(shifted);
        if (width == 8)
        {
            var from = offsets.Cast<long>();
            var to = MemoryMarshal.Cast<byte, long>(shifted.WritableSpan);
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = from[i] - first;
            }
        }
        else
        {
            var from = offsets.Cast<int>();
            var to = MemoryMarshal.Cast<byte, int>(shifted.WritableSpan);
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = from[i] - (int)first;
            }
        }

        return shifted;
    }

    private void AddBits(ArrowBuffer bits, int offset, int length)
    {
        if (bits.IsEmpty || length == 0)
        {
            AddBuffer(ArrowBuffer.Empty);
            return;
        }

        var byteCount = ArrowBitmap.ByteCount(length);
        if ((offset & 7) == 0)
        {
            AddBuffer(bits.Slice(offset >> 3, byteCount));
            return;
        }

        var shifted = options.Allocator.AllocateZeroed(byteCount);
        _temporary.Add(shifted);
        ArrowBitmap.Copy(bits.Span, offset, shifted.WritableSpan, 0, length);
        AddBuffer(shifted);
    }
}
