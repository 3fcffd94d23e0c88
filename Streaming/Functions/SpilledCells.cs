using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Functions;

/// <summary>Moves what a function keeps between memory and files. A key is in one of the two, with all of its cells and timers. One caller at a time.</summary>
/// <remarks>When memory is short all keys go; those that have rows or timers come back. So what is in memory are the keys of the rows since then.</remarks>
internal sealed class SpilledCells : IDisposable
{
    private const int KeysMax = 8_192;

    private readonly StateCells _cells;
    private readonly KeyTimers[] _timers;
    private readonly OperatorContext _place;
    private readonly MemoryShare _share;
    private readonly SpilledKeys _files;

    /// <param name="cells">The cells in memory.</param>
    /// <param name="timers">Their timers, by kind.</param>
    /// <param name="place">Whose memory it is.</param>
    public SpilledCells(StateCells cells, KeyTimers[] timers, OperatorContext place)
    {
        (_cells, _timers, _place) = (cells, timers, place);
        _share = place.Memory.Open();
        _files = new SpilledKeys(cells.FileSchema);
    }

    private long ByteCount => _cells.ByteCount + _timers.Sum(timers => timers.ByteCount) + _files.ByteCount;

    /// <summary>Writes everything to a file if memory is short. Keys have new numbers then.</summary>
    /// <exception cref="FlowException">The file could not be written; nothing is lost.</exception>
    public ValueTask MakeRoomAsync(CancellationToken cancellationToken)
    {
        if (!_share.IsBounded)
        {
            return ValueTask.CompletedTask;
        }

        _share.Report(ByteCount);
        return _share.IsOver && _cells.KeyCount > 0 ? SpillAsync(cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Takes the state of keys back.</summary>
    /// <param name="keys">Columns of the key; stays the caller's.</param>
    public void TakeBack(RecordBatch keys)
    {
        if (!_files.IsEmpty)
        {
            TakeBack(new SortedSet<ulong>(_cells.HashesOf(keys)));
        }
    }

    /// <summary>Takes the state of some keys back that have a timer which is due.</summary>
    /// <param name="timers">The kind of timer.</param>
    /// <param name="nowMicros">What is due.</param>
    /// <param name="untilMicros">The time up to which timers may fire now.</param>
    /// <returns>Whether this is to be called again after that: more are due.</returns>
    public bool TakeBackDue(KeyTimers timers, long nowMicros, out long untilMicros)
    {
        var due = new SortedSet<ulong>();
        var isMore = timers.Away.Take(nowMicros, KeysMax, due, out untilMicros);
        if (due.Count > 0)
        {
            TakeBack(due);
        }

        return isMore;
    }

    /// <summary>Writes what changed since the last call and is in files.</summary>
    /// <param name="table">Gets the rows.</param>
    public void WriteChanged(IRowTable table)
    {
        foreach (var rows in _files.TakeChanged())
        {
            using (rows)
            {
                table.Append(_cells.ToLog(rows));
            }
        }
    }

    public void Dispose()
    {
        _files.Dispose();
        _share.Dispose();
    }

    private void TakeBack(SortedSet<ulong> hashes)
    {
        foreach (var rows in _files.Take([.. hashes]))
        {
            using (rows)
            {
                _cells.TakeBack(rows);
            }
        }
    }

    private async ValueTask SpillAsync(CancellationToken cancellationToken)
    {
        if (!_cells.IsEmpty)
        {
            await _files.AddAsync(_cells.All(_place.Keys, _place.OperatorId), _share, cancellationToken);
        }

        foreach (var timers in _timers)
        {
            foreach (var some in timers.Due.Chunk(KeysMax))
            {
                using var keys = _cells.Keys([.. some.Select(timer => timer.Key)]);
                var hashes = _cells.HashesOf(keys);
                for (var i = 0; i < hashes.Length; i++)
                {
                    timers.Away.Add(some[i].TimeMicros, hashes[i]);
                }
            }
        }

        _cells.Forget();
        Array.ForEach(_timers, timers => timers.Reload());
        _share.Report(ByteCount);
    }
}
