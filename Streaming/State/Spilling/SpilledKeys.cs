using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.State.Spilling;

/// <summary>Rows of keys in files, by the hash of the key. All rows of a key go there together, and come back together. One caller at a time.</summary>
/// <remarks>
/// Files are sorted by hash, and those of about one size become one: O'Neil et al., "The Log-Structured Merge-Tree", Acta Informatica 33, 1996. Unlike there a key is in memory or in
/// one file, so no row is ever out of date: one that comes back is marked, and left out when its file is written anew. Keys of one hash come back together, which does no harm.
/// </remarks>
internal sealed class SpilledKeys : IDisposable
{
    /// <summary>The column of hashes, 64 bits without a sign.</summary>
    public const string HashColumn = "_hash";

    /// <summary>The column that says whether a row has yet to be in a checkpoint; the last one.</summary>
    public const string ChangedColumn = "_changed";

    // So many files of about one size become one.
    private const int MergedRuns = 4;

    private readonly ArrowSchema _schema;
    private readonly int _hash;
    private readonly int _deleted;
    private readonly List<KeyRun> _runs = [];

    /// <param name="schema">Of the rows: <see cref="HashColumn"/>, <see cref="RowTableOptions.DeletedColumn"/> of what is no more, and <see cref="ChangedColumn"/> last.</param>
    public SpilledKeys(ArrowSchema schema) => (_schema, _hash, _deleted) = (schema, schema.IndexOf(HashColumn), schema.IndexOf(RowTableOptions.DeletedColumn));

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => _runs.Count == 0;

    /// <summary>Bytes of memory.</summary>
    public long ByteCount => _runs.Sum(run => run.ByteCount);

    /// <summary>Files.</summary>
    public int FileCount => _runs.Count;

    /// <summary>Writes rows to a file, and makes one of files of about one size.</summary>
    /// <param name="rows">Sorted by hash; of keys that are in no file. Each batch is disposed of when it is written.</param>
    /// <param name="share">Where to.</param>
    /// <param name="cancellationToken">Gives up: the rows are in files as a whole, or none of them is.</param>
    /// <exception cref="Errors.FlowException">The file could not be written: none of the rows is in a file.</exception>
    public async ValueTask AddAsync(IEnumerable<RecordBatch> rows, MemoryShare share, CancellationToken cancellationToken)
    {
        // Before the new file: if this fails, nothing has changed.
        await MergeLikeAsync(share, cancellationToken);
        await using var file = share.NewFile(_schema);
        foreach (var batch in rows)
        {
            using (batch)
            {
                await file.WriteAsync(batch, cancellationToken);
            }
        }

        Add(await file.CompleteAsync(cancellationToken));
    }

    /// <summary>Takes all rows of some hashes back.</summary>
    /// <param name="hashes">Sorted, each once.</param>
    /// <returns>Batches, which belong to the caller; each is made when it is asked for, and all are to be asked for.</returns>
    public IEnumerable<RecordBatch> Take(ulong[] hashes)
    {
        using var gathered = new RowGatherer(_schema);
        for (var i = _runs.Count - 1; i >= 0; i--)
        {
            var run = _runs[i];
            run.Take(hashes, (rows, row) => gathered.Append(rows, row, IsUnsaved(run, rows, row)));
            if (run.LeftCount == 0)
            {
                run.Dispose();
                _runs.RemoveAt(i);
            }

            if (gathered.IsFull)
            {
                yield return gathered.Build();
            }
        }

        if (gathered.RowCount > 0)
        {
            yield return gathered.Build();
        }
    }

    /// <summary>The rows that no checkpoint has. From here on one has them.</summary>
    /// <returns>As of <see cref="Take"/>.</returns>
    public IEnumerable<RecordBatch> TakeChanged()
    {
        using var gathered = new RowGatherer(_schema);
        foreach (var run in _runs.Where(run => !run.IsSaved))
        {
            foreach (var (rows, row) in run.Left())
            {
                if (IsUnsaved(run, rows, row))
                {
                    gathered.Append(rows, row, isChanged: false);
                    if (gathered.IsFull)
                    {
                        yield return gathered.Build();
                    }
                }
            }

            run.IsSaved = true;
        }

        if (gathered.RowCount > 0)
        {
            yield return gathered.Build();
        }
    }

    public void Dispose()
    {
        _runs.ForEach(run => run.Dispose());
        _runs.Clear();
    }

    private static bool IsUnsaved(KeyRun run, RecordBatch rows, int row) => !run.IsSaved && rows.Column<BooleanArray>(rows.ColumnCount - 1).GetBoolean(row);

    /// <summary>A power of four.</summary>
    private static int SizeOf(KeyRun run) => System.Numerics.BitOperations.Log2((ulong)run.LeftCount) / 2;

    private void Add(RecordBatch[] written)
    {
        if (written.Length > 0)
        {
            _runs.Add(new KeyRun(written, _hash));
        }
    }

    private async ValueTask MergeLikeAsync(MemoryShare share, CancellationToken cancellationToken)
    {
        while (_runs.GroupBy(SizeOf).FirstOrDefault(like => like.Count() >= MergedRuns) is { } like)
        {
            var merged = like.ToList();
            var written = await MergeAsync(merged, share, cancellationToken);
            _runs.RemoveAll(merged.Contains);
            merged.ForEach(run => run.Dispose());
            Add(written);
        }
    }

    private async ValueTask<RecordBatch[]> MergeAsync(List<KeyRun> runs, MemoryShare share, CancellationToken cancellationToken)
    {
        await using var file = share.NewFile(_schema);
        using var gathered = new RowGatherer(_schema);
        var next = new PriorityQueue<(KeyRun Run, IEnumerator<(RecordBatch Rows, int Row)> Place), ulong>();
        foreach (var run in runs)
        {
            Enqueue(next, run, run.Left().GetEnumerator());
        }

        while (next.TryDequeue(out var one, out _))
        {
            var (rows, row) = one.Place.Current;
            var isUnsaved = IsUnsaved(one.Run, rows, row);

            // Checkpoints know already of what is no more.
            if (isUnsaved || !rows.Column<BooleanArray>(_deleted).GetBoolean(row))
            {
                gathered.Append(rows, row, isUnsaved);
            }

            Enqueue(next, one.Run, one.Place);
            if (gathered.IsFull || (next.Count == 0 && gathered.RowCount > 0))
            {
                using var batch = gathered.Build();
                await file.WriteAsync(batch, cancellationToken);
            }
        }

        return await file.CompleteAsync(cancellationToken);
    }

    private void Enqueue(PriorityQueue<(KeyRun Run, IEnumerator<(RecordBatch Rows, int Row)> Place), ulong> queue, KeyRun run, IEnumerator<(RecordBatch Rows, int Row)> place)
    {
        if (place.MoveNext())
        {
            queue.Enqueue((run, place), place.Current.Rows.Column<UInt64Array>(_hash).Values[place.Current.Row]);
        }
    }
}
