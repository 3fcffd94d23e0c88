using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Builds the arrays of one record batch message over its body, without copying.</summary>
internal ref struct BatchDecoder
{
    private readonly ReadOnlySpan<byte> _nodes;
    private readonly ReadOnlySpan<byte> _buffers;
    private readonly int _nodeCount;
    private readonly int _bufferCount;
    private readonly ArrowBuffer _body;
    private readonly IpcDecoder _context;
    private readonly bool _isV4;
    private readonly BodyDecompressor? _decompressor;
    private readonly ReadOnlySpan<byte> _dataBuffers;
    private readonly int _dataBufferCount;
    private int _node;
    private int _buffer;
    private int _view;

    public BatchDecoder(FlatTable batch, ArrowBuffer body, IpcDecoder context, BodyDecompressor? decompressor, bool isV4)
    {
        RowCount = batch.Long(0);
        if (RowCount is < 0 or > int.MaxValue - 8)
        {
            throw new ArrowFormatException($"The batch claims {RowCount} rows.");
        }

        _nodes = batch.Vector(1, 16, out _nodeCount);
        _buffers = batch.Vector(2, 16, out _bufferCount);
        _dataBuffers = batch.Vector(4, 8, out _dataBufferCount);
        _body = body;
        _context = context;
        _isV4 = isV4;
        _decompressor = decompressor;
    }

    public long RowCount { get; }

    /// <summary>The arrays of fields, each with as many values as the batch has rows. The caller owns them.</summary>
    public ArrowArray[] ReadAll(IReadOnlyList<ArrowField> fields)
    {
        var arrays = new ArrowArray[fields.Count];
        var done = 0;
        try
        {
            for (; done < arrays.Length; done++)
            {
                var array = Read(fields[done].Type, fields[done].Name);
                arrays[done] = array;
                if (array.Length != RowCount)
                {
                    done++;
                    throw new ArrowFormatException($"Field '{fields[done - 1].Name}' has {array.Length} values in a batch of {RowCount} rows.");
                }
            }

            if (_node != _nodeCount || _buffer != _bufferCount || _view != _dataBufferCount)
            {
                throw new ArrowFormatException(
                    $"The batch has {_nodeCount} nodes, {_bufferCount} buffers and {_dataBufferCount} counts of data buffers, its schema needs {_node}, {_buffer} and {_view}.");
            }

            return arrays;
        }
        catch
        {
            for (var i = 0; i < done; i++)
            {
                arrays[i].Dispose();
            }

            throw;
        }
    }

    /// <summary>The arrays of some of the fields, in their order; nothing of the others is looked at. The caller owns them.</summary>
    public ArrowArray[] ReadSome(IReadOnlyList<ArrowField> fields, IReadOnlyList<int> wanted)
    {
        var arrays = new ArrowArray?[fields.Count];
        try
        {
            for (var index = 0; index < arrays.Length; index++)
            {
                if (!wanted.Contains(index))
                {
                    Skip(fields[index].Type, fields[index].Name);
                    continue;
                }

                var array = Read(fields[index].Type, fields[index].Name);
                arrays[index] = array;
                if (array.Length != RowCount)
                {
                    throw new ArrowFormatException($"Field '{fields[index].Name}' has {array.Length} values in a batch of {RowCount} rows.");
                }
            }

            return [.. wanted.Select(index => arrays[index]!)];
        }
        catch
        {
            foreach (var array in arrays)
            {
                array?.Dispose();
            }

            throw;
        }
    }

    private void Skip(ArrowType type, string name)
    {
        NextNode(name);
        _buffer += (type is UnionType && _isV4 ? 1 : 0) + ArrowLayout.BufferCount(type) + (ArrowLayout.HasDataBuffers(type) ? NextDataBufferCount(name) : 0);
        foreach (var child in type.Children)
        {
            Skip(child.Type, child.Name);
        }
    }

    private ArrowArray Read(ArrowType type, string name)
    {
        var (length, nullCount) = NextNode(name);
        var children = type.Children.Count == 0 ? [] : new ArrowArray[type.Children.Count];
        var done = 0;
        ArrowArray? dictionary = null;
        var retained = 0;
        ArrowBuffer[] buffers = [];
        try
        {
            buffers = ReadBuffers(type, name, ref nullCount);
            for (; done < children.Length; done++)
            {
                children[done] = Read(type.Children[done].Type, type.Children[done].Name);
            }

            dictionary = type is DictionaryType encoded ? _context.FindDictionary(encoded, name, length == nullCount) : null;
            var data = new ArrowArrayData
            {
                Type = type,
                Length = length,
                NullCount = type is NullType ? length : nullCount,
                Buffers = buffers,
                Children = children,
                Dictionary = dictionary,
            };
            if (ArrowLayout.FindDefect(data) is { } defect)
            {
                throw new ArrowFormatException($"Field '{name}': {defect}");
            }

            for (; retained < buffers.Length; retained++)
            {
                buffers[retained].Retain();
            }

            return ArrowArrayFactory.Wrap(data);
        }
        catch
        {
            for (var i = 0; i < done; i++)
            {
                children[i].Dispose();
            }

            dictionary?.Dispose();
            while (retained > 0)
            {
                buffers[--retained].Release();
            }

            throw;
        }
    }

    private (int Length, int NullCount) NextNode(string name)
    {
        if (_node >= _nodeCount)
        {
            throw new ArrowFormatException($"Field '{name}': the batch has only {_nodeCount} nodes.");
        }

        var node = _nodes.Slice(_node++ * 16, 16);
        var length = BinaryPrimitives.ReadInt64LittleEndian(node);
        var nullCount = BinaryPrimitives.ReadInt64LittleEndian(node[8..]);
        if (length is < 0 or > int.MaxValue - 8 || nullCount < 0 || nullCount > length)
        {
            throw new ArrowFormatException($"Field '{name}': {nullCount} nulls in {length} values.");
        }

        return ((int)length, (int)nullCount);
    }

    private ArrowBuffer[] ReadBuffers(ArrowType type, string name, ref int nullCount)
    {
        if (type is UnionType && _isV4)
        {
            // Before V5 unions had a validity bitmap of their own.
            var validity = NextBuffer(name);
            if (nullCount > 0 && !validity.IsEmpty)
            {
                throw new ArrowFormatException($"Field '{name}': unions with nulls of their own (metadata V4) are not supported.");
            }

            nullCount = 0;
        }

        if (type is RunEndEncodedType)
        {
            // Some writers count the nulls of the values here, but a run has no validity of its own.
            nullCount = 0;
        }

        var buffers = new ArrowBuffer[ArrowLayout.BufferCount(type) + (ArrowLayout.HasDataBuffers(type) ? NextDataBufferCount(name) : 0)];
        for (var i = 0; i < buffers.Length; i++)
        {
            buffers[i] = NextBuffer(name);
        }

        if (ArrowLayout.HasValidity(type) && nullCount == 0)
        {
            buffers[0] = buffers[0].Slice(0, 0);
        }

        return buffers;
    }

    private int NextDataBufferCount(string name)
    {
        var count = _view < _dataBufferCount ? BinaryPrimitives.ReadInt64LittleEndian(_dataBuffers[(_view * 8)..]) : -1;
        _view++;
        return count >= 0 && count <= _bufferCount
            ? (int)count
            : throw new ArrowFormatException($"Field '{name}': {count} data buffers of {_bufferCount} buffers in all.");
    }

    private ArrowBuffer NextBuffer(string name)
    {
        if (_buffer >= _bufferCount)
        {
            throw new ArrowFormatException($"Field '{name}': the batch has only {_bufferCount} buffers.");
        }

        var entry = MemoryMarshal.Cast<byte, long>(_buffers.Slice(_buffer++ * 16, 16));
        var (offset, length) = (entry[0], entry[1]);
        if (offset < 0 || length < 0 || offset > _body.Length - length)
        {
            throw new ArrowFormatException($"Field '{name}': a buffer of {length} bytes at {offset} lies outside the body of {_body.Length} bytes.");
        }

        if ((offset & 7) != 0 && length > 0)
        {
            throw new ArrowFormatException($"Field '{name}': a buffer starts at {offset}, which is not a multiple of 8.");
        }

        var buffer = _body.Slice(offset, length);
        return _decompressor is null ? buffer : _decompressor.Decompress(buffer, name);
    }
}
