using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;

namespace OrleansFlow.Streaming.Windows;

/// <summary>A queue of panes with the aggregate of all of them, at a cost per pane that does not grow with their number.</summary>
/// <remarks>
/// Two stacks (Tangwongsan et al., "Low-Latency Sliding-Window Aggregation in Worst-Case Constant Time", DEBS 2017, section 2): new panes are merged into the back;
/// when the front is empty, all panes move there from the newest to the oldest, and each keeps what the front held of its keys before.
/// So taking the oldest one away is putting that back, and no aggregate needs an inverse. A pane is merged twice and put back once.
/// </remarks>
internal sealed class PaneStack : IDisposable
{
    private readonly LinkedList<Pane> _panes = [];
    private readonly Func<GroupAggregator> _make;
    private GroupAggregator _front;
    private GroupAggregator _back;
    private GroupAggregator _all;
    private long _paneBytes;

    /// <summary>The oldest pane that is in the back; null when the back is empty.</summary>
    private LinkedListNode<Pane>? _firstOfBack;

    /// <param name="make">Makes an aggregator whose last aggregate counts rows.</param>
    public PaneStack(Func<GroupAggregator> make) => (_make, _front, _back, _all) = (make, make(), make(), make());

    /// <summary>The first moment of the oldest pane; null when there is none.</summary>
    public long? First => _panes.First?.Value.Start;

    /// <summary>Bytes that it holds.</summary>
    public long ByteCount => _front.ByteCount + _back.ByteCount + _all.ByteCount + _paneBytes;

    /// <summary>Adds a pane.</summary>
    /// <param name="start">Its first moment; behind all others.</param>
    /// <param name="partials">Its groups; taken over.</param>
    public void Add(long start, RecordBatch partials)
    {
        var added = _panes.AddLast(new Pane(start, partials));
        _paneBytes += added.Value.ByteCount;
        _firstOfBack ??= added;
        _back.Merge(partials);
    }

    /// <summary>Takes away the panes that begin before a moment.</summary>
    public void RemoveBefore(long start)
    {
        while (_panes.First is { } oldest && oldest.Value.Start < start)
        {
            if (oldest == _firstOfBack)
            {
                Turn();
            }

            var pane = oldest.Value;
            _paneBytes -= pane.ByteCount;
            _panes.RemoveFirst();
            if (_panes.First is null || _panes.First == _firstOfBack)
            {
                // Its numbers of groups are of no use to the next turn.
                _front.Clear();
            }
            else
            {
                _front.Reset(pane.Groups);
                _front.MergeTo(pane.Before!, pane.Groups);
            }

            pane.Dispose();
        }
    }

    /// <summary>The aggregate of all panes, valid until the next call of anything here, and its groups that have rows.</summary>
    public (GroupAggregator Aggregator, int[] Groups) Sum()
    {
        if (_firstOfBack is null)
        {
            return (_front, _front.GroupsWithRows());
        }

        if (_panes.First == _firstOfBack)
        {
            return (_back, _back.GroupsWithRows());
        }

        _all.Clear();
        Merge(_front);
        Merge(_back);
        return (_all, _all.GroupsWithRows());
    }

    /// <summary>Hands out the panes, oldest first, which then are the caller's, and gives back the memory.</summary>
    public List<(long Start, RecordBatch Partials)> TakeAll()
    {
        var panes = new List<(long, RecordBatch)>();
        foreach (var pane in _panes)
        {
            panes.Add((pane.Start, pane.Partials.Retain()));
        }

        if (panes.Count > 0)
        {
            Dispose();
            (_front, _back, _all) = (_make(), _make(), _make());
        }

        return panes;
    }

    public void Dispose()
    {
        foreach (var pane in _panes)
        {
            pane.Dispose();
        }

        _panes.Clear();
        (_firstOfBack, _paneBytes) = (null, 0);
    }

    private void Merge(GroupAggregator part)
    {
        var living = part.GroupsWithRows();
        for (var from = 0; from < living.Length; from += WindowShape.BatchRowsMax)
        {
            using var some = part.PartialBatch(living.AsSpan(from, Math.Min(WindowShape.BatchRowsMax, living.Length - from)));
            _all.Merge(some);
        }
    }

    /// <summary>Moves all panes of the back to the front, which is empty.</summary>
    private void Turn()
    {
        _front.Clear();
        for (var node = _panes.Last; node is not null; node = node.Previous)
        {
            var pane = node.Value;
            _paneBytes -= pane.ByteCount;
            pane.Groups = new int[pane.Partials.RowCount];
            _front.Find(pane.Partials, pane.Groups);
            pane.Before = _front.PartialBatch(pane.Groups);
            _paneBytes += pane.ByteCount;
            _front.MergeTo(pane.Partials, pane.Groups);
        }

        _back.Clear();
        _firstOfBack = null;
    }

    private sealed class Pane(long start, RecordBatch partials) : IDisposable
    {
        public long Start { get; } = start;

        public RecordBatch Partials { get; } = partials;

        /// <summary>Numbers in the front of the rows of <see cref="Partials"/>.</summary>
        public int[] Groups { get; set; } = [];

        /// <summary>What the front held of these groups without this pane and older ones.</summary>
        public RecordBatch? Before { get; set; }

        public long ByteCount => Partials.ByteCount + Groups.Length * (long)sizeof(int) + (Before?.ByteCount ?? 0);

        public void Dispose()
        {
            Partials.Dispose();
            Before?.Dispose();
        }
    }
}
