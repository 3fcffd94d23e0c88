using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Makes rows from records of a format. Not thread-safe.</summary>
/// <remarks>A record that turns out bad half-way may have left values behind: its rows are made whole with nulls, and left out of the batch.</remarks>
public abstract class RowDecoder : IDisposable
{
    private readonly ArrowAllocator? _allocator;
    private readonly List<int> _bad = [];

    /// <summary>Creates the decoder.</summary>
    /// <param name="schema">The rows.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    protected RowDecoder(ArrowSchema schema, ArrowAllocator? allocator)
    {
        _allocator = allocator;
        Rows = new RecordBatchBuilder(schema, allocator);
    }

    /// <summary>Rows that it holds, those of bad records included: build when there are many.</summary>
    public int HeldRowCount => Rows.RowCount;

    /// <summary>Those of the rows that it holds that <see cref="Build"/> leaves out, ascending.</summary>
    internal IReadOnlyList<int> BadRows => _bad;

    /// <summary>Rows of a record at most. Default 1.</summary>
    protected virtual int RecordRowsMax => 1;

    /// <summary>Where rows are added.</summary>
    protected RecordBatchBuilder Rows { get; }

    /// <summary>Adds the rows of a record, usually one.</summary>
    /// <param name="record">Its bytes, without what ends it.</param>
    /// <exception cref="BadRecordException">It cannot be read. No row of it will be in the batch.</exception>
    public void Add(ReadOnlySpan<byte> record)
    {
        var before = Rows.RowCount;
        try
        {
            Decode(record);
        }
        catch (Exception exception) when (exception is BadRecordException or JsonException or InvalidOperationException)
        {
            var after = ColumnMender.Mend(Rows, before + RecordRowsMax);
            for (var row = before; row < after; row++)
            {
                _bad.Add(row);
            }

            // The parser of JSON has a kind of its own for text that is no UTF-8.
            throw exception as BadRecordException ?? new BadRecordException($"it is no JSON: {exception.Message}");
        }
    }

    /// <summary>The rows so far, which the caller owns; null when there are none but of bad records.</summary>
    public RecordBatch? Build()
    {
        if (Rows.RowCount == 0)
        {
            return null;
        }

        var batch = Rows.Build();
        if (_bad.Count == 0)
        {
            return batch;
        }

        using (batch)
        {
            using var builder = new BooleanBuilder(_allocator);
            var next = 0;
            for (var row = 0; row < batch.RowCount; row++)
            {
                var isBad = next < _bad.Count && _bad[next] == row;
                next += isBad ? 1 : 0;
                builder.Append(!isBad);
            }

            _bad.Clear();
            using var mask = (BooleanArray)builder.Build();
            var kept = ArrowFilter.Filter(batch, mask, _allocator);
            if (kept.RowCount > 0)
            {
                return kept;
            }

            kept.Dispose();
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Adds the rows of a record; see <see cref="Add"/>.</summary>
    protected abstract void Decode(ReadOnlySpan<byte> record);

    /// <summary>Lets go of what it holds.</summary>
    protected virtual void Dispose(bool disposing) => Rows.Dispose();
}
