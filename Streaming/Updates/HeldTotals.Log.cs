using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;

namespace OrleansFlow.Streaming.Updates;

/// <content>What goes to checkpoints and comes from them.</content>
internal sealed partial class HeldTotals
{
    /// <summary>What has changed since this was asked before.</summary>
    /// <param name="log">Gets batches of the log, which belong to the caller.</param>
    public void TakeChanged(List<RecordBatch> log)
    {
        var changed = _totals.TakeChanged();
        for (var from = 0; from < changed.Length; from += RowsMax)
        {
            var groups = changed.AsSpan(from, Math.Min(RowsMax, changed.Length - from));
            using var gone = new BooleanBuilder(_allocator);
            foreach (var group in groups)
            {
                gone.Append(!_isLive[group]);
            }

            log.Add(ArrowColumns.ToBatch(LogSchema, [.. _totals.Partials(groups), gone.Build()], groups.Length));
        }

        Compact();
    }

    /// <summary>Takes in a batch of the log, which stays the caller's; all of them come in their order before anything else.</summary>
    public void Restore(RecordBatch log)
    {
        _totals.Replace(log);
        var gone = log.Column<BooleanArray>(log.ColumnCount - 1);
        if (ArrowBitmap.CountOnes(gone.Bits, gone.Offset, gone.Length) == 0)
        {
            return;
        }

        // The last row of a key says whether it is gone.
        var (groups, seen) = (new int[log.RowCount], new HashSet<int>(log.RowCount));
        _totals.Find(log, groups);
        for (var row = groups.Length - 1; row >= 0; row--)
        {
            groups[row] = seen.Add(groups[row]) && gone.GetBoolean(row) ? groups[row] : -1;
        }

        _totals.Reset(groups);
    }

    /// <summary>Between two batches of the log: keys that are gone give their memory back. Only worth it where memory is short, and only right where no file has these keys.</summary>
    public void CompactRestored() => MoveLive();

    /// <summary>All that was restored is saved.</summary>
    public void FinishRestore()
    {
        _isLive = new bool[_totals.Count];
        var live = _totals.GroupsWithRows();
        foreach (var group in live)
        {
            _isLive[group] = true;
        }

        LiveCount = live.Length;
        _totals.ForgetChanged();
    }

    /// <summary>Keys that are gone keep their numbers; when they are most of all, those that are there move together.</summary>
    private void Compact()
    {
        if (_totals.Count < RowsMax || LiveCount > _totals.Count / 2)
        {
            return;
        }

        MoveLive();
        FinishRestore();
    }

    private void MoveLive()
    {
        var (old, live) = (_totals, _totals.GroupsWithRows());
        _totals = NewTotals();
        for (var from = 0; from < live.Length; from += RowsMax)
        {
            using var partials = old.PartialBatch(live.AsSpan(from, Math.Min(RowsMax, live.Length - from)));
            _totals.Merge(partials);
        }
    }
}
