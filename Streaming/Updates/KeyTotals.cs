using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>Aggregates by key that go on for ever, and what changes in them. One caller at a time.</summary>
/// <remarks>
/// What came since the last change lies apart and is merged then: so the results before are at hand, and a key costs no more than one row before and one after,
/// however many rows it gets in between.
/// When memory is short, the larger of the two goes to a file. What came is not taken into the results sooner for it: it is added up by partitions of the keys' hashes.
/// Totals in files come back when something came for their keys, or when they are too old: one partition at a time, and only these keys.
/// </remarks>
internal sealed class KeyTotals : IDisposable
{
    private const int RowsMax = WindowShape.BatchRowsMax;

    private readonly int[] _keyColumns;
    private readonly Func<GroupAggregator> _makeFresh;
    private readonly HeldTotals _held;
    private readonly SpilledTotals _spilled;
    private readonly KeyHashes _step = new();
    private readonly Queue<RecordBatch> _changes = [];
    private PaneGroups _fresh;
    private GroupAggregator? _sums;
    private int _spilledFreshCount;

    /// <param name="keyColumns">Places of the key's columns in rows that come.</param>
    /// <param name="keyTypes">Their types.</param>
    /// <param name="specs">The aggregates, with the newest time as the last one but one and the count of rows as the last one.</param>
    /// <param name="output">The rows that go out: keys, results without the count, but the bool before the time.</param>
    /// <param name="allocator">Where columns come from.</param>
    /// <exception cref="NotSupportedException">A type is no key, or an aggregate does not take such values.</exception>
    public KeyTotals(int[] keyColumns, IReadOnlyList<ArrowType> keyTypes, IReadOnlyList<AggregateSpec> specs, ArrowSchema output, ArrowAllocator allocator)
    {
        _keyColumns = keyColumns;
        _makeFresh = () => new GroupAggregator(keyTypes, specs, tracksChanges: false, allocator);
        _fresh = new PaneGroups(_makeFresh(), _makeFresh, isLogged: true);
        _held = new HeldTotals(keyTypes, specs, output, allocator);
        _spilled = new SpilledTotals(keyTypes, _held.LogSchema, allocator);
    }

    /// <summary>What of the memory it may take.</summary>
    public MemoryShare Memory { get; set; } = MemoryShare.Unbounded;

    /// <summary>Rows of the log: the key, the partial states, and whether the key is gone. Of several rows of a key the last one counts.</summary>
    public ArrowSchema LogSchema => _held.LogSchema;

    /// <summary>Keys with rows that came since the last change; one that went to a file may count more than once.</summary>
    public int FreshCount => _spilledFreshCount + _fresh.Memory.Count;

    /// <summary>Keys that are there.</summary>
    public int LiveCount => _held.LiveCount + _spilled.LiveCount;

    /// <summary>Bytes of memory that it holds.</summary>
    public long ByteCount => _fresh.ByteCount + _held.ByteCount + _spilled.ByteCount + _step.ByteCount + (_sums?.ByteCount ?? 0);

    /// <summary>Adds rows, which stay the caller's.</summary>
    /// <exception cref="Errors.FlowException">A file could not be written; the rows are not added.</exception>
    public async ValueTask AddAsync(RecordBatch rows, CancellationToken cancellationToken)
    {
        for (var i = 0; i < 2 && (IsOver() || Grows(_fresh.Memory, rows.RowCount)); i++)
        {
            // Totals that are in files may have left much room behind.
            if ((_held.Count > 0 || i == 0) && _held.ByteCount > _fresh.Memory.ByteCount)
            {
                await SpillHeldAsync(keepsRoom: false, cancellationToken);
            }
            else
            {
                await SpillFreshAsync(cancellationToken);
            }
        }

        _fresh.Memory.Add(rows, _keyColumns);
    }

    /// <summary>Takes what came into the results.</summary>
    /// <returns>The rows that are taken back and those that come, which belong to the caller. Nothing else is called before the last of them.</returns>
    /// <exception cref="Errors.FlowException">A file could not be written.</exception>
    public async IAsyncEnumerable<RecordBatch> ChangeAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (FreshCount == 0)
        {
            yield break;
        }

        var isWhole = !_fresh.IsSpilled && _spilled.IsEmpty && !IsOver() && !HeldGrows(_fresh.Memory.Count, _fresh.Memory.ByteCount);
        foreach (var (partition, groups) in isWhole ? [(0, _fresh.Memory)] : _fresh.SumsByPartition(_sums ??= _makeFresh(), Memory))
        {
            if (!isWhole)
            {
                await LoadAsync(partition, groups, cancellationToken);
            }

            for (var from = 0; from < groups.Count; from += RowsMax)
            {
                using var partials = groups.PartialBatch(PaneSort.Numbers(from, Math.Min(RowsMax, groups.Count - from)));
                _held.Change(partials, _changes);
                while (_changes.TryDequeue(out var change))
                {
                    yield return change;
                }
            }
        }

        ClearFresh();
        await _spilled.CompactAsync(Memory, cancellationToken);
    }

    /// <summary>Lets keys go whose newest row is older than a time.</summary>
    /// <returns>As <see cref="ChangeAsync"/>.</returns>
    /// <exception cref="Errors.FlowException">A file could not be written.</exception>
    public async IAsyncEnumerable<RecordBatch> ExpireAsync(long cutoffMicros, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var change in _held.Expire(cutoffMicros))
        {
            yield return change;
        }

        foreach (var rows in _spilled.TakeOlder(cutoffMicros))
        {
            using (rows)
            {
                await MakeRoomForHeldAsync(rows.RowCount, cancellationToken);
                if (_held.LoadExpired(rows, cutoffMicros) is { } change)
                {
                    yield return change;
                }
            }
        }
    }

    /// <summary>What has changed since this was asked before.</summary>
    /// <param name="log">Gets batches of the log, which belong to the caller.</param>
    public void TakeChanged(List<RecordBatch> log)
    {
        _spilled.TakeChanged(log);
        _held.TakeChanged(log);
    }

    /// <summary>Takes in a batch of the log, which stays the caller's; all of them come in their order before anything else.</summary>
    /// <exception cref="Errors.FlowException">A file could not be written.</exception>
    public async ValueTask RestoreAsync(RecordBatch log, CancellationToken cancellationToken)
    {
        for (var from = 0; from < log.RowCount; from += RowsMax)
        {
            using var some = log.Slice(from, Math.Min(RowsMax, log.RowCount - from));
            if (_spilled.IsEmpty && (IsOver() || HeldGrows(some.RowCount)))
            {
                // The log names keys that are gone, too.
                _held.CompactRestored();
            }

            if (IsOver() || HeldGrows(some.RowCount))
            {
                await SpillRestoredAsync(keepsRoom: !IsOver(), cancellationToken);
            }

            _held.Restore(some);
        }
    }

    /// <summary>The whole log is in.</summary>
    /// <exception cref="Errors.FlowException">A file could not be written.</exception>
    public async ValueTask FinishRestoreAsync(CancellationToken cancellationToken)
    {
        if (!_spilled.IsEmpty)
        {
            await SpillRestoredAsync(keepsRoom: false, cancellationToken);
            _spilled.Settle(Memory);
            await _spilled.CompactAsync(Memory, cancellationToken);
        }

        _held.FinishRestore();
    }

    public void Dispose()
    {
        while (_changes.TryDequeue(out var change))
        {
            change.Dispose();
        }

        _fresh.Dispose();
        _spilled.Dispose();
        Memory.Dispose();
    }

    /// <summary>Makes sure that no key of a step is in a file.</summary>
    private async ValueTask LoadAsync(int partition, GroupAggregator groups, CancellationToken cancellationToken)
    {
        await MakeRoomForHeldAsync(groups.Count, cancellationToken);
        if (!_spilled.Has(partition))
        {
            return;
        }

        var hashes = new ulong[RowsMax];
        _step.Clear(groups.Count);
        for (var from = 0; from < groups.Count; from += RowsMax)
        {
            var some = hashes.AsSpan(0, Math.Min(RowsMax, groups.Count - from));
            groups.Hash(PaneSort.Numbers(from, some.Length), some);
            _step.Add(some);
        }

        _spilled.TakeTo(_held, partition, _step);
    }

    private async ValueTask MakeRoomForHeldAsync(int count, CancellationToken cancellationToken)
    {
        if (HeldGrows(count) is var grows && (grows || IsOver()))
        {
            await SpillHeldAsync(keepsRoom: grows && !IsOver(), cancellationToken);
        }
    }

    private async ValueTask SpillHeldAsync(bool keepsRoom, CancellationToken cancellationToken)
    {
        if (_held.Count > 0)
        {
            await _spilled.SpillAsync(_held, keepsGone: false, Memory, cancellationToken);
        }

        _held.Clear(keepsRoom);
    }

    private async ValueTask SpillRestoredAsync(bool keepsRoom, CancellationToken cancellationToken)
    {
        _held.FinishRestore();
        await _spilled.SpillAsync(_held, keepsGone: true, Memory, cancellationToken);
        _held.Clear(keepsRoom);
    }

    private async ValueTask SpillFreshAsync(CancellationToken cancellationToken)
    {
        var count = _fresh.Memory.Count;
        await _fresh.SpillAsync(Memory, keepsRoom: !IsOver(), cancellationToken);
        _spilledFreshCount += count;
    }

    private void ClearFresh()
    {
        _fresh.Memory.Clear();
        if (_fresh.IsSpilled)
        {
            _fresh.Dispose();
            (_fresh, _spilledFreshCount) = (new PaneGroups(_fresh.Memory, _makeFresh, isLogged: true), 0);
        }
    }

    private bool IsOver()
    {
        if (!Memory.IsBounded)
        {
            return false;
        }

        Memory.Report(ByteCount);
        return Memory.IsOver;
    }

    private bool Grows(GroupAggregator groups, int moreRows) => groups.Count > 0 && groups.Count + moreRows > groups.Capacity && Memory.WouldBeOver(groups.ByteCount);

    private bool HeldGrows(int moreRows, long moreBytes = 0) =>
        _held.Count + moreRows > _held.Capacity && Memory.WouldBeOver(_held.ByteCount + moreBytes);
}
