using OrleansFlow.Arrow;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>Batches of one partition between the slowest reader and the writer. Every member is called under the output's lock.</summary>
/// <param name="readerCount">Readers there will be.</param>
internal sealed class BufferedPartition(int readerCount)
{
    private readonly Queue<(RecordBatch Batch, long Bytes)> _kept = new();
    private readonly List<Cursor> _cursors = [];
    private long _firstKept;
    private int _left;
    private int _finished;

    /// <summary>Whether no batch waits for a reader.</summary>
    public bool IsEmpty => _kept.Count == 0;

    /// <summary>Whether all readers have come, and gone before the end.</summary>
    public bool IsAbandoned => _left == readerCount;

    /// <summary>Whether all readers have come and gone, at the end or before.</summary>
    public bool IsDone => _left + _finished == readerCount;

    /// <summary>Whether one more reader may come.</summary>
    public bool HasPlace => _cursors.Count + _left + _finished < readerCount;

    public Cursor Open()
    {
        var cursor = new Cursor();
        _cursors.Add(cursor);
        return cursor;
    }

    public void Add(RecordBatch batch, long bytes) => _kept.Enqueue((batch, bytes));

    /// <summary>Takes the next batches of a reader, as many as one message holds.</summary>
    /// <param name="cursor">The reader's place.</param>
    /// <param name="size">How long a message is.</param>
    /// <param name="taken">Gets references that are the caller's.</param>
    /// <returns>Bytes that are not kept any more.</returns>
    public long Take(Cursor cursor, MessageSize size, List<RecordBatch> taken)
    {
        var rows = 0L;
        var bytes = 0L;
        var place = _firstKept;
        foreach (var (batch, batchBytes) in _kept)
        {
            if (place++ < cursor.Next)
            {
                continue;
            }

            if (taken.Count > 0 && !size.Takes(rows, bytes, batch.RowCount))
            {
                break;
            }

            taken.Add(batch.Retain());
            rows += batch.RowCount;
            bytes += batchBytes;
            cursor.Next++;
        }

        return Trim();
    }

    /// <summary>A reader goes.</summary>
    /// <returns>Bytes that are not kept any more.</returns>
    public long Leave(Cursor cursor, bool isAtEnd)
    {
        if (_cursors.Remove(cursor))
        {
            _finished += isAtEnd ? 1 : 0;
            _left += isAtEnd ? 0 : 1;
        }

        return Trim();
    }

    public bool HasRowsFor(Cursor cursor) => cursor.Next < _firstKept + _kept.Count;

    /// <summary>Lets go of everything.</summary>
    public void Clear()
    {
        foreach (var (batch, _) in _kept)
        {
            batch.Dispose();
        }

        _firstKept += _kept.Count;
        _kept.Clear();
    }

    private long Trim()
    {
        // A reader that has not come yet begins at the beginning.
        var least = HasPlace ? _firstKept : _firstKept + _kept.Count;
        if (!HasPlace)
        {
            foreach (var cursor in _cursors)
            {
                least = Math.Min(least, cursor.Next);
            }
        }

        var freed = 0L;
        for (; _firstKept < least; _firstKept++)
        {
            var (batch, bytes) = _kept.Dequeue();
            batch.Dispose();
            freed += bytes;
        }

        return freed;
    }

    /// <summary>A reader's place: the number of the batch that it gets next.</summary>
    internal sealed class Cursor
    {
        public long Next { get; set; }
    }
}
