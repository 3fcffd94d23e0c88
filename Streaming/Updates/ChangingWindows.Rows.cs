using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <content>The rows that go out, and those of checkpoints.</content>
internal sealed partial class ChangingWindows
{
    public override void Restore(RecordBatch log)
    {
        var ends = log.Column<Int64Array>(log.ColumnCount - 2).Values;
        var gone = log.Column<BooleanArray>(log.ColumnCount - 1);
        for (var (from, row) = (0, 1); from < log.RowCount; row++)
        {
            // A batch of the log is of one window when it is written; files put several together.
            if (row == log.RowCount || ends[row] != ends[from] || gone.GetBoolean(row) != gone.GetBoolean(from))
            {
                using var part = log.Slice(from, row - from);
                WindowOf(ends[from]).Restore(part, gone.GetBoolean(from));
                from = row;
            }
        }
    }

    public override void FinishRestore(long? watermarkMicros)
    {
        WatermarkMicros = watermarkMicros ?? long.MinValue;
        foreach (var (end, window) in _open.ToList())
        {
            window.FinishRestore();
            if (!IsReached(end))
            {
                continue;
            }

            _open.Remove(end);
            if (!IsForgotten(end))
            {
                _complete.Add(end, window);
            }
        }

        foreach (var (end, window) in _complete)
        {
            if (window.HasMore)
            {
                _corrected[end] = window;
            }
        }
    }

    /// <summary>What of a window did not go out, and what is taken back for it.</summary>
    private IEnumerable<RecordBatch> HandOut(ChangingWindow window)
    {
        var changes = new List<RecordBatch>();
        try
        {
            window.GiveOut((groups, known, partials) => Change(window, groups, known, partials, changes));
            for (var i = 0; i < changes.Count; i++)
            {
                var batch = changes[i];
                changes[i] = null!;
                yield return batch;
            }
        }
        finally
        {
            changes.ForEach(batch => batch?.Dispose());
        }
    }

    private void Change(ChangingWindow window, int[] groups, int known, RecordBatch? partials, List<RecordBatch> changes)
    {
        if (partials is null)
        {
            var first = window.Given.Results(groups, Shape.Aggregates.Count);
            try
            {
                changes.Add(Rows(window, first, PaneSort.Numbers(0, groups.Length), isRetract: false));
            }
            finally
            {
                ArrowColumns.Release(first);
            }

            return;
        }

        var before = window.Given.Results(groups, Shape.Aggregates.Count);
        try
        {
            window.Given.MergeTo(partials, groups);
            var after = window.Given.Results(groups, Shape.Aggregates.Count);
            try
            {
                AddChanges(window, groups, known, before, after, changes);
            }
            finally
            {
                ArrowColumns.Release(after);
            }
        }
        finally
        {
            ArrowColumns.Release(before);
        }
    }

    private void AddChanges(ChangingWindow window, int[] groups, int known, ArrowArray[] before, ArrowArray[] after, List<RecordBatch> changes)
    {
        var isOther = new bool[groups.Length];
        _comparer.Compare(before, after, isOther);
        var (gone, come) = (new List<int>(), new List<int>());
        for (var row = 0; row < groups.Length; row++)
        {
            if (groups[row] >= known)
            {
                come.Add(row);
            }
            else if (isOther[row])
            {
                gone.Add(row);
                come.Add(row);
            }
        }

        if (gone.Count > 0)
        {
            changes.Add(Rows(window, before, CollectionsMarshal.AsSpan(gone), isRetract: true));
        }

        if (come.Count > 0)
        {
            changes.Add(Rows(window, after, CollectionsMarshal.AsSpan(come), isRetract: false));
        }
    }

    /// <summary>Some rows of results, as they go out.</summary>
    private RecordBatch Rows(ChangingWindow window, ArrowArray[] results, ReadOnlySpan<int> rows, bool isRetract)
    {
        var columns = new List<ArrowArray>();
        foreach (var column in results)
        {
            columns.Add(ArrowTake.Take(column, rows, Allocator));
        }

        columns.Add(Times(window.Start, rows.Length));
        columns.Add(Times(window.End, rows.Length));
        columns.Add(Flags(isRetract, rows.Length));
        columns.Add(Times(window.End - 1, rows.Length));
        return ArrowColumns.ToBatch(OutputSchema, [.. columns], rows.Length);
    }

    private void Take(long end, ChangingWindow window, IList<RecordBatch> log)
    {
        var changed = window.TakeChanged();
        for (var from = 0; from < changed.Length; from += WindowShape.BatchRowsMax)
        {
            var some = changed.AsSpan(from, Math.Min(WindowShape.BatchRowsMax, changed.Length - from));
            log.Add(ArrowColumns.ToBatch(_logSchema, [.. window.Given.Partials(some), Longs(end, some.Length, Allocator), Flags(window.HasGoneOut, some.Length)], some.Length));
        }
    }

    private ArrowArray Flags(bool value, int count)
    {
        using var flags = new BooleanBuilder(Allocator);
        for (var row = 0; row < count; row++)
        {
            flags.Append(value);
        }

        return flags.Build();
    }
}
