using System.Buffers;
using System.Buffers.Binary;
using OrleansFlow.Arrow;

namespace OrleansFlow.Worker.Queries.Databases;

/// <summary>Reads the rows of a binary COPY as batches. Not thread-safe; dispose it.</summary>
/// <param name="stream">What the server sends; stays the caller's.</param>
/// <param name="columns">What it selects, in order.</param>
/// <param name="schema">The same columns of the batches.</param>
internal sealed class PostgresRows(Stream stream, IReadOnlyList<PostgresColumn> columns, ArrowSchema schema) : IDisposable
{
    private const int RowsMax = 16_384;
    private const long BytesMax = 4L << 20;
    private const int FirstBufferBytes = 64 << 10;

    // "PGCOPY\n\377\r\n\0", flags and the length of what else the header holds.
    private const int SignatureBytes = 11;
    private const int HeaderBytes = SignatureBytes + 8;

    private readonly RecordBatchBuilder _builder = new(schema);
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
    private int _start;
    private int _end;
    private bool _isBegun;
    private bool _isOver;
    private bool _isReading;

    /// <summary>The next batch; null behind the last row.</summary>
    /// <exception cref="IOException">The rows end too early.</exception>
    public async ValueTask<RecordBatch?> ReadAsync(CancellationToken cancellationToken)
    {
        _isReading = true;
        try
        {
            return await ReadBatchAsync(cancellationToken);
        }
        finally
        {
            _isReading = false;
        }
    }

    private async ValueTask<RecordBatch?> ReadBatchAsync(CancellationToken cancellationToken)
    {
        if (!_isBegun)
        {
            await NeedAsync(HeaderBytes, cancellationToken);
            var extension = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + SignatureBytes + 4));
            _start += HeaderBytes;
            await NeedAsync(extension, cancellationToken);
            _start += extension;
            _isBegun = true;
        }

        var bytes = 0L;
        while (!_isOver && _builder.RowCount < RowsMax && bytes < BytesMax)
        {
            await NeedAsync(2, cancellationToken);
            var count = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start));
            _start += 2;
            if (count < 0)
            {
                _isOver = true;
                break;
            }

            for (var column = 0; column < count; column++)
            {
                await NeedAsync(4, cancellationToken);
                var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
                _start += 4;
                var target = _builder.Column(column);
                if (length < 0)
                {
                    target.AppendNull();
                    continue;
                }

                await NeedAsync(length, cancellationToken);
                PostgresValues.Append(target, columns[column], _buffer.AsSpan(_start, length));
                _start += length;
                bytes += length;
            }
        }

        return _builder.RowCount > 0 ? _builder.Build() : null;
    }

    /// <summary>Frees what it holds. A reading that was given up and still waits keeps its memory until the connection breaks.</summary>
    public void Dispose()
    {
        if (_isReading)
        {
            return;
        }

        _builder.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private ValueTask NeedAsync(int count, CancellationToken cancellationToken) => _end - _start >= count ? ValueTask.CompletedTask : FillAsync(count, cancellationToken);

    private async ValueTask FillAsync(int count, CancellationToken cancellationToken)
    {
        var held = _end - _start;
        if (count > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(count);
            _buffer.AsSpan(_start, held).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else
        {
            _buffer.AsSpan(_start, held).CopyTo(_buffer);
        }

        (_start, _end) = (0, held);
        while (_end < count)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            _end += read > 0 ? read : throw new EndOfStreamException("The server ended the rows in the middle of one.");
        }
    }
}
