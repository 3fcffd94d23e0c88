using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>
/// Writes batches of a table to a file: each row with the hash of its key, small batches put together and large ones cut, so that memory does
/// not depend on the table. It learns the range of hashes and the latest time on the way.
/// </summary>
/// <param name="file">The file, which this takes over.</param>
/// <param name="schema">The columns of the file; see <see cref="StoredSchema"/>.</param>
internal sealed class RowFileWriter(ITableFileWriter file, StoredSchema schema) : IAsyncDisposable
{
    /// <summary>Rows that are put together before they are written.</summary>
    public const int RowsMin = 8 * 1024;

    /// <summary>Most rows of a batch in a file.</summary>
    public const int RowsMax = 64 * 1024;

    private readonly bool _leavesHashOut = schema.File.Fields.Count < schema.Columns.Fields.Count;
    private readonly List<RecordBatch> _small = [];
    private int _smallRows;
    private long _rows;
    private ulong _minHash = ulong.MaxValue;
    private ulong _maxHash;
    private long _maxTimeMicros = long.MinValue;

    /// <summary>Adds rows of the table; the caller keeps its reference.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="hashColumn">Where their hash is; null to compute it.</param>
    /// <param name="hashWithoutKey">The hash of rows without key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask WriteAsync(RecordBatch rows, int? hashColumn, ulong hashWithoutKey, CancellationToken cancellationToken)
    {
        if (rows.RowCount == 0)
        {
            return;
        }

        await KeepAsync(Stored(rows, hashColumn, hashWithoutKey), cancellationToken);
    }

    /// <summary>Adds rows that have their hash already, as files have them; the caller keeps its reference.</summary>
    public async ValueTask WriteStoredAsync(RecordBatch rows, CancellationToken cancellationToken)
    {
        if (rows.RowCount == 0)
        {
            return;
        }

        Observe(rows.Column<UInt64Array>(rows.ColumnCount - 1).Values);
        await KeepAsync(AsInFile(rows, _leavesHashOut ? rows.ColumnCount - 1 : rows.ColumnCount), cancellationToken);
    }

    /// <summary>Makes the file durable and describes it.</summary>
    public async ValueTask<TableFile> CompleteAsync(string path, long epoch, int generation, CancellationToken cancellationToken)
    {
        await WriteSmallAsync(cancellationToken);
        var bytes = await file.CompleteAsync(cancellationToken);
        var written = new TableFile
        {
            Path = path,
            Epoch = epoch,
            Generation = (uint)generation,
            MinHash = _minHash,
            MaxHash = _maxHash,
            Rows = _rows,
            Bytes = (ulong)bytes,
        };
        if (schema.TimeColumn is not null && _rows > 0)
        {
            written.MaxTimeMicros = _maxTimeMicros;
        }

        return written;
    }

    public ValueTask DisposeAsync()
    {
        ReleaseSmall();
        return file.DisposeAsync();
    }

    private async ValueTask WriteSmallAsync(CancellationToken cancellationToken)
    {
        if (_small.Count == 0)
        {
            return;
        }

        using var rows = _small.Count == 1 ? _small[0].Retain() : ArrowTake.Concat(_small, ArrowAllocator.Pooled);
        ReleaseSmall();
        for (var start = 0; start < rows.RowCount; start += RowsMax)
        {
            using var part = rows.Slice(start, Math.Min(RowsMax, rows.RowCount - start));
            await file.WriteAsync(part, cancellationToken);
        }
    }

    private void ReleaseSmall()
    {
        foreach (var batch in _small)
        {
            batch.Dispose();
        }

        _small.Clear();
        _smallRows = 0;
    }

    /// <summary>Takes rows of the file over.</summary>
    private async ValueTask KeepAsync(RecordBatch rows, CancellationToken cancellationToken)
    {
        _small.Add(rows);
        _smallRows += rows.RowCount;
        _rows += rows.RowCount;
        if (schema.TimeColumn is { } column)
        {
            _maxTimeMicros = Math.Max(_maxTimeMicros, Extremes.Of(RowTimes.Of(rows.Column(column))).Max);
        }

        if (_smallRows >= RowsMin)
        {
            await WriteSmallAsync(cancellationToken);
        }
    }

    private RecordBatch Stored(RecordBatch rows, int? hashColumn, ulong hashWithoutKey)
    {
        if (hashColumn is { } column)
        {
            Observe(rows.Column<UInt64Array>(column).Values);
            return AsInFile(rows, rows.ColumnCount);
        }

        var hashes = ArrayPool<ulong>.Shared.Rent(rows.RowCount);
        try
        {
            var span = hashes.AsSpan(0, rows.RowCount);
            if (schema.KeyColumns.Length > 0)
            {
                RowHash.Compute(rows, schema.KeyColumns, span);
                Observe(span);
                return AsInFile(rows, rows.ColumnCount);
            }

            span.Fill(hashWithoutKey);
            Observe(span);
            using var builder = new UInt64Builder(ArrowAllocator.Pooled);
            builder.AppendRange(span);
            return AsInFile(rows, rows.ColumnCount, builder.Build());
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(hashes);
        }
    }

    private RecordBatch AsInFile(RecordBatch rows, int columnCount, params ReadOnlySpan<ArrowArray> more) =>
        new(schema.File, [.. rows.Columns.Take(columnCount).Select(column => column.Retain()), .. more], rows.RowCount);

    private void Observe(ReadOnlySpan<ulong> hashes)
    {
        var (min, max) = Extremes.Of(hashes);
        (_minHash, _maxHash) = (Math.Min(_minHash, min), Math.Max(_maxHash, max));
    }
}
