using OrleansFlow.Arrow;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Rows of a checkpoint's log of sessions that are more than fit, in partitions of the keys' hashes, in their order. One caller at a time.</summary>
/// <param name="make">Makes empty sessions.</param>
internal sealed class RestoredSessions(Func<KeyedSessions> make) : IDisposable
{
    private const int PartitionBits = 5;
    private const int Partitions = 1 << PartitionBits;
    private const int PassesMax = 256;
    private const long PassBytesMin = 1 << 16;

    private readonly List<(int Partition, RecordBatch Rows)> _written = [];
    private readonly List<(int Partition, RecordBatch Rows)> _unwritten = [];
    private readonly long[] _rowCounts = new long[Partitions];
    private readonly SessionLog _log = make().Log;

    /// <summary>Bytes of memory.</summary>
    public long ByteCount { get; private set; }

    /// <summary>Takes in a batch of the log, which stays the caller's.</summary>
    public void Add(RecordBatch log)
    {
        var hashes = _log.HashesOf(log);
        var partitions = new byte[hashes.Length];
        for (var row = 0; row < hashes.Length; row++)
        {
            partitions[row] = (byte)(hashes[row] & (Partitions - 1));
        }

        var sorted = PaneSort.ByBucket(partitions, Partitions);
        for (var partition = 0; partition < Partitions; partition++)
        {
            if (sorted.Count(partition) > 0)
            {
                var rows = ArrowTake.Take(log, sorted.Of(partition, 0, int.MaxValue), ArrowAllocator.Pooled);
                _unwritten.Add((partition, rows));
                _rowCounts[partition] += rows.RowCount;
                ByteCount += rows.ByteCount;
            }
        }
    }

    /// <summary>Takes in sessions that were restored before, which the log has as they are.</summary>
    public void Add(KeyedSessions sessions)
    {
        foreach (var places in sessions.Sessions.Open().Chunk(WindowShape.BatchRowsMax))
        {
            using var rows = sessions.LogRows(_log, places, number: null);
            Add(rows);
        }
    }

    /// <summary>Writes what is in memory to a file.</summary>
    /// <exception cref="Errors.FlowException">The file could not be written; nothing is lost.</exception>
    public async ValueTask SpillAsync(MemoryShare share, CancellationToken cancellationToken)
    {
        if (_unwritten.Count == 0)
        {
            return;
        }

        var written = await share.WriteAsync(_unwritten.ConvertAll(part => part.Rows), cancellationToken);
        for (var i = 0; i < written.Length; i++)
        {
            _written.Add((_unwritten[i].Partition, written[i]));
            _unwritten[i].Rows.Dispose();
        }

        _unwritten.Clear();
        ByteCount = 0;
    }

    /// <summary>All sessions, some of them at a time, none of which the next ones touch. <see cref="SpillAsync"/> comes before.</summary>
    /// <param name="share">Says how much may be in memory.</param>
    public IEnumerable<KeyedSessions> Sessions(MemoryShare share)
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            var passes = PassesOf(partition, share);
            for (var pass = 0; pass < passes; pass++)
            {
                var sessions = make();
                foreach (var (of, rows) in _written)
                {
                    if (of == partition)
                    {
                        using var some = passes == 1 ? rows.Retain() : Choose(rows, pass, passes);
                        sessions.Restore(some);
                    }
                }

                sessions.Join();
                yield return sessions;
            }
        }
    }

    public void Dispose()
    {
        _written.ForEach(part => part.Rows.Dispose());
        _unwritten.ForEach(part => part.Rows.Dispose());
        _written.Clear();
        _unwritten.Clear();
    }

    private int PassesOf(int partition, MemoryShare share)
    {
        var rowBytes = 64L + 24 * _log.Schema.Fields.Count;
        var passes = 1;
        while (passes < PassesMax && _rowCounts[partition] * rowBytes / passes > Math.Max(PassBytesMin, share.LimitBytes / 4))
        {
            passes *= 2;
        }

        return passes;
    }

    private RecordBatch Choose(RecordBatch rows, int pass, int passes)
    {
        var hashes = _log.HashesOf(rows);
        var chosen = new List<int>();
        for (var row = 0; row < hashes.Length; row++)
        {
            if (((int)(hashes[row] >> PartitionBits) & (passes - 1)) == pass)
            {
                chosen.Add(row);
            }
        }

        return ArrowTake.Take(rows, [.. chosen], ArrowAllocator.Pooled);
    }
}
