using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>The groups of one window, and what of them has gone out.</summary>
/// <remarks>
/// Until something goes out all rows are in <see cref="Given"/>. From then on it is what went out, exactly, and rows that come lie apart until they are handed out:
/// so the results to take back are at hand, and a group costs no more than two rows, however many rows it got.
/// </remarks>
/// <param name="start">The first moment.</param>
/// <param name="end">The first moment behind it.</param>
/// <param name="make">Makes an empty aggregator; with true one that tracks changes.</param>
internal sealed class ChangingWindow(long start, long end, Func<bool, GroupAggregator> make)
{
    private GroupAggregator? _fresh;
    private bool _isLoggedAsGone;

    /// <summary>The first moment.</summary>
    public long Start => start;

    /// <summary>The first moment behind it.</summary>
    public long End => end;

    /// <summary>Whether results have gone out.</summary>
    public bool HasGoneOut { get; private set; }

    /// <summary>Whether rows came that did not go out.</summary>
    public bool HasMore => HasGoneOut ? _fresh is not null : Given.Count > 0;

    /// <summary>What has gone out; if nothing has, all there is.</summary>
    public GroupAggregator Given { get; private set; } = make(true);

    /// <summary>Bytes that it holds.</summary>
    public long ByteCount => Given.ByteCount + (_fresh?.ByteCount ?? 0);

    /// <summary>Adds rows, which stay the caller's.</summary>
    public void Add(RecordBatch rows, ReadOnlySpan<int> keyColumns)
    {
        var target = HasGoneOut ? _fresh ??= make(false) : Given;
        target.Add(rows, keyColumns);
    }

    /// <summary>Puts everything that did not go out into <see cref="Given"/>, which then is what went out.</summary>
    /// <param name="change">Called with the groups of a part of it, how many of all groups went out before (the first ones), and the partials to merge; null: no result was there.</param>
    public void GiveOut(Action<int[], int, RecordBatch?> change)
    {
        if (!HasGoneOut)
        {
            HasGoneOut = true;
            for (var from = 0; from < Given.Count; from += WindowShape.BatchRowsMax)
            {
                change(PaneSort.Numbers(from, Math.Min(WindowShape.BatchRowsMax, Given.Count - from)), 0, null);
            }

            return;
        }

        for (var from = 0; from < (_fresh?.Count ?? 0); from += WindowShape.BatchRowsMax)
        {
            var known = Given.Count;
            using var partials = _fresh!.PartialBatch(PaneSort.Numbers(from, Math.Min(WindowShape.BatchRowsMax, _fresh.Count - from)));
            var groups = new int[partials.RowCount];
            Given.Find(partials, groups);
            change(groups, known, partials);
        }

        _fresh = null;
    }

    /// <summary>The groups that no checkpoint has as they are. Rows that lie apart are handed out before.</summary>
    public int[] TakeChanged()
    {
        if (HasGoneOut && _fresh is not null)
        {
            throw new InvalidOperationException("A window that has gone out has more rows; GiveOut comes first.");
        }

        var changed = Given.TakeChanged();
        if (HasGoneOut == _isLoggedAsGone)
        {
            return changed;
        }

        // A checkpoint has them as groups that did not go out.
        _isLoggedAsGone = HasGoneOut;
        return PaneSort.Numbers(0, Given.Count);
    }

    /// <summary>Takes in rows of the log, in their order.</summary>
    /// <param name="partials">They.</param>
    /// <param name="hasGoneOut">Whether they had gone out. Groups of one window came from several subtasks, which did not hand out at one time.</param>
    public void Restore(RecordBatch partials, bool hasGoneOut)
    {
        if (!hasGoneOut)
        {
            (_fresh ??= make(false)).Replace(partials);
            return;
        }

        Given.Replace(partials);
        if (_fresh is not null)
        {
            var groups = new int[partials.RowCount];
            _fresh.Find(partials, groups);
            _fresh.Reset(groups);
        }
    }

    /// <summary>The whole log is in.</summary>
    public void FinishRestore()
    {
        HasGoneOut = _isLoggedAsGone = Given.Count > 0;
        var (held, waiting) = (_fresh, _fresh?.GroupsWithRows() ?? []);
        _fresh = null;
        if (waiting.Length > 0)
        {
            // Those that went out later are there without rows, and would come out once more.
            var target = HasGoneOut ? _fresh = make(false) : Given;
            for (var from = 0; from < waiting.Length; from += WindowShape.BatchRowsMax)
            {
                using var partials = held!.PartialBatch(waiting.AsSpan(from, Math.Min(WindowShape.BatchRowsMax, waiting.Length - from)));
                target.Merge(partials);
            }
        }

        Given.ForgetChanged();
    }
}
