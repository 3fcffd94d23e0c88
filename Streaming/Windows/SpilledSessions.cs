using OrleansFlow.Arrow;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Sessions in files, by the time at which they have to be in memory again. One caller at a time.</summary>
/// <remarks>
/// No two sessions of a key touch in the files: before sessions go there, <see cref="TakeTouched"/> takes those back that touch them. Rows that come later make sessions in memory,
/// apart from those in files that they touch, which come back before the watermark passes the end of either (<see cref="SessionBuckets"/>).
/// </remarks>
internal sealed class SpilledSessions : IDisposable
{
    private const int FilterBitsPerKey = 16;

    private readonly SortedDictionary<long, List<SpilledRows>> _buckets = [];
    private readonly List<(RecordBatch Rows, bool IsWritten)> _deleted = [];
    private readonly KeyedSessions _shape;
    private readonly SessionLog _rows;
    private readonly long _gap;

    /// <param name="shape">Sessions of the same shape.</param>
    /// <param name="rows">What files have of a session: the number says whether the log has something of it.</param>
    /// <param name="gapMicros">The gap.</param>
    public SpilledSessions(KeyedSessions shape, SessionLog rows, long gapMicros) => (_shape, _rows, _gap) = (shape, rows, gapMicros);

    /// <summary>Bytes of memory.</summary>
    public long ByteCount { get; private set; }

    /// <summary>The watermark up to which sessions may be handed out when no more than one bucket is loaded.</summary>
    public long StepTo(long watermarkMicros)
    {
        var isFirst = true;
        foreach (var (start, _) in _buckets)
        {
            if (start > watermarkMicros)
            {
                break;
            }

            if (!isFirst)
            {
                return start - 1;
            }

            isFirst = false;
        }

        return watermarkMicros;
    }

    /// <summary>Takes all sessions back that have to be in memory at a watermark.</summary>
    public void Load(KeyedSessions memory, long watermarkMicros)
    {
        while (First() is var (start, parts) && start <= watermarkMicros)
        {
            foreach (var part in parts)
            {
                memory.Adopt(_rows, part.Rows, part.IsSaved, part.Left, touchedOnly: false);
                Release(part);
            }

            _buckets.Remove(start);
        }
    }

    /// <summary>Takes those sessions back that touch some in memory, and so become part of them: memory grows by nothing. Comes before <see cref="SpillAsync"/>.</summary>
    public void TakeTouched(KeyedSessions memory, CancellationToken cancellationToken)
    {
        if (_buckets.Count == 0)
        {
            return;
        }

        var filter = FilterOf(memory);
        foreach (var (_, parts) in _buckets)
        {
            foreach (var part in parts)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Take(memory, part, filter);
            }

            parts.RemoveAll(part => part.LeftCount == 0);
        }
    }

    /// <summary>Writes all sessions in memory to a file. They may be forgotten after it.</summary>
    /// <param name="memory">They; none of the files touches them.</param>
    /// <param name="watermarkMicros">No row before it will come; the smallest number while there is none.</param>
    /// <param name="share">Where to.</param>
    /// <param name="cancellationToken">Gives up; nothing is lost then.</param>
    /// <exception cref="Errors.FlowException">The file could not be written; nothing is lost.</exception>
    public async ValueTask SpillAsync(KeyedSessions memory, long watermarkMicros, MemoryShare share, CancellationToken cancellationToken)
    {
        TakeDeleted(memory);
        var buckets = BucketsOf(memory, watermarkMicros);
        await using var file = share.NewFile(_rows.Schema);
        var unwritten = _deleted.FindAll(deleted => !deleted.IsWritten).ConvertAll(deleted => deleted.Rows);
        foreach (var rows in unwritten)
        {
            await file.WriteAsync(rows, cancellationToken);
        }

        var added = new List<(long Bucket, bool IsSaved)>();
        foreach (var ((bucket, isSaved), places) in buckets)
        {
            foreach (var some in places.Chunk(WindowShape.BatchRowsMax))
            {
                using var rows = memory.LogRows(_rows, some, place => memory.Sessions[place].LoggedStart is null ? 0 : 1);
                await file.WriteAsync(rows, cancellationToken);
                added.Add((bucket, isSaved));
            }
        }

        var written = await file.CompleteAsync(cancellationToken);
        _deleted.RemoveAll(deleted => !deleted.IsWritten);
        foreach (var rows in unwritten)
        {
            ByteCount -= rows.ByteCount;
            rows.Dispose();
        }

        for (var i = 0; i < written.Length; i++)
        {
            if (i < unwritten.Count)
            {
                _deleted.Add((written[i], true));
            }
            else
            {
                PartsOf(added[i - unwritten.Count].Bucket).Add(new SpilledRows(written[i]) { IsSaved = added[i - unwritten.Count].IsSaved });
            }
        }
    }

    /// <summary>What no checkpoint has yet. From here on one has it.</summary>
    /// <param name="log">Gets batches of the log, which belong to the caller.</param>
    public void TakeChanged(IList<RecordBatch> log)
    {
        foreach (var (rows, isWritten) in _deleted)
        {
            log.Add(_rows.WithoutNumber(rows, _shape.Log));
            ByteCount -= isWritten ? 0 : rows.ByteCount;
            rows.Dispose();
        }

        _deleted.Clear();
        foreach (var (_, parts) in _buckets)
        {
            foreach (var part in parts)
            {
                if (!part.IsSaved)
                {
                    using var left = part.LeftRows();
                    log.Add(_rows.WithoutNumber(left, _shape.Log));
                    part.IsSaved = true;
                }
            }
        }
    }

    public void Dispose()
    {
        foreach (var (_, parts) in _buckets)
        {
            parts.ForEach(part => part.Rows.Dispose());
        }

        _deleted.ForEach(deleted => deleted.Rows.Dispose());
        _buckets.Clear();
        _deleted.Clear();
    }

    private void Take(KeyedSessions memory, SpilledRows part, ulong[] filter)
    {
        var hashes = _rows.HashesOf(part.Rows);
        var chosen = new List<int>();
        for (var row = 0; row < hashes.Length; row++)
        {
            var bit = hashes[row] & (((ulong)filter.Length * 64) - 1);
            if ((filter[bit >> 6] >> (int)(bit & 63) & 1) > 0 && part.Left?[row] != false)
            {
                chosen.Add(row);
            }
        }

        if (chosen.Count == 0)
        {
            return;
        }

        using var candidates = ArrowTake.Take(part.Rows, [.. chosen], ArrowAllocator.Pooled);
        var places = memory.Adopt(_rows, candidates, part.IsSaved, isWanted: null, touchedOnly: true);
        for (var i = 0; i < places.Length; i++)
        {
            if (places[i] >= 0)
            {
                ByteCount += part.Leave(chosen[i]);
            }
        }

        if (part.LeftCount == 0)
        {
            Release(part);
        }
    }

    /// <summary>A bit for the hash of each key in memory.</summary>
    private static ulong[] FilterOf(KeyedSessions memory)
    {
        var places = memory.Sessions.Open();
        var filter = new ulong[System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, places.Length) * FilterBitsPerKey / 64 + 1)];
        foreach (var some in places.Chunk(WindowShape.BatchRowsMax))
        {
            foreach (var hash in memory.HashesOf(some))
            {
                var bit = hash & (((ulong)filter.Length * 64) - 1);
                filter[bit >> 6] |= 1UL << (int)(bit & 63);
            }
        }

        return filter;
    }

    private void TakeDeleted(KeyedSessions memory)
    {
        var deleted = new List<RecordBatch>();
        memory.TakeDeleted(_rows, deleted);
        foreach (var rows in deleted)
        {
            _deleted.Add((rows, false));
            ByteCount += rows.ByteCount;
        }
    }

    /// <summary>The sessions in memory by bucket, and by whether the log has them as they are.</summary>
    private SortedDictionary<(long Bucket, bool IsSaved), List<int>> BucketsOf(KeyedSessions memory, long watermarkMicros)
    {
        var buckets = new SortedDictionary<(long, bool), List<int>>();
        foreach (var place in memory.Sessions.Open())
        {
            ref readonly var session = ref memory.Sessions[place];
            var bucket = (SessionBuckets.Of(session, watermarkMicros, _gap), session.LoggedStart is not null && !session.IsChanged);
            if (!buckets.TryGetValue(bucket, out var places))
            {
                buckets.Add(bucket, places = []);
            }

            places.Add(place);
        }

        return buckets;
    }

    private (long Start, List<SpilledRows> Parts)? First()
    {
        foreach (var (start, parts) in _buckets)
        {
            return (start, parts);
        }

        return null;
    }

    private List<SpilledRows> PartsOf(long bucket)
    {
        if (!_buckets.TryGetValue(bucket, out var parts))
        {
            _buckets.Add(bucket, parts = []);
        }

        return parts;
    }

    private void Release(SpilledRows part)
    {
        ByteCount -= part.ByteCount;
        part.Rows.Dispose();
    }
}
