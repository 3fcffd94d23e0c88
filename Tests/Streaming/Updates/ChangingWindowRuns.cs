using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>Runs events, many of them late, through changing windows of one or more subtasks that hand out early, are corrected and move to others from checkpoints; and does what their rows say.</summary>
internal sealed class ChangingWindowRuns(WindowEvents events, int seed, int[] keys, Func<ArrowAllocator, ChangingEventWindows> make) : IDisposable
{
    private const long DelayMicros = 400_000;

    private readonly Random _random = new(seed);
    private readonly CountingAllocator _allocator = new();
    private readonly List<RecordBatch> _log = [];
    private readonly HashSet<string> _left = new(StringComparer.Ordinal);
    private ChangingEventWindows[] _subtasks = [];

    /// <summary>Rows that are in results.</summary>
    public List<int> Taken { get; } = [];

    /// <summary>Whether a row is not too late at a watermark, by its time in microseconds.</summary>
    public required Func<long, long, bool> IsTaken { get; init; }

    /// <summary>Called when all has gone out with the rows that are there, a line a row.</summary>
    public Action<IReadOnlyCollection<string>> OnShown { get; init; } = _ => { };

    /// <summary>Rows that were taken back.</summary>
    public int RetractCount { get; private set; }

    public long LateRowCount { get; private set; }

    /// <summary>Runs all events.</summary>
    /// <returns>The rows that are left in the end, a line a row.</returns>
    public List<string> Run(int parallelism, bool movesOften)
    {
        _subtasks = [.. Enumerable.Range(0, parallelism).Select(_ => make(_allocator))];
        var (watermark, latest) = (long.MinValue, long.MinValue);
        for (var row = 0; row < events.Count;)
        {
            var count = Math.Min(_random.Next(1, 40), events.Count - row);
            Add([.. Enumerable.Range(row, count)], watermark);
            latest = Math.Max(latest, Enumerable.Range(row, count).Max(events.TimeOf));
            row += count;
            switch (_random.Next(6))
            {
                case 0 or 1:
                    watermark = latest - DelayMicros;
                    HandOut(windows => windows.Advance(watermark));
                    break;
                case 2:
                    HandOut(windows => windows.Correct());
                    break;
                case 3:
                    // Subtasks have clocks of their own.
                    Apply(_subtasks[_random.Next(_subtasks.Length)].HandOutOpen(onlyGone: false));
                    break;
                case 4:
                    HandOut(windows => windows.Correct());
                    HandOut(windows => windows.HandOutOpen(onlyGone: false));
                    OnShown(_left);
                    break;
                case 5 when movesOften:
                    Checkpoint();
                    if (_random.Next(2) == 0)
                    {
                        Move(_random.Next(1, 4), watermark);
                    }

                    break;
            }
        }

        HandOut(windows => windows.Advance(long.MaxValue));
        Assert.All(_subtasks, windows => Assert.Equal(0, windows.KeptCount));
        CountLate();
        return [.. _left.Order(StringComparer.Ordinal)];
    }

    public void Dispose()
    {
        DisposeAll();
        _log.ForEach(batch => batch.Dispose());
        Assert.Equal(0, _allocator.LiveBuffers);
    }

    private void Add(int[] rows, long watermark)
    {
        using var batch = events.Batch(rows, _allocator);
        var hashes = new ulong[batch.RowCount];
        if (keys.Length > 0)
        {
            RowHash.Compute(batch, keys, hashes);
        }

        for (var subtask = 0; subtask < _subtasks.Length; subtask++)
        {
            var range = KeyRange.Of(subtask, _subtasks.Length);
            int[] mine = [.. Enumerable.Range(0, rows.Length).Where(row => range.Contains(hashes[row]))];
            using var part = ArrowTake.Take(batch, mine, _allocator);
            _subtasks[subtask].Add(part);
        }

        Taken.AddRange(rows.Where(row => watermark == long.MinValue || IsTaken(events.TimeOf(row), watermark)));
    }

    private void HandOut(Func<ChangingEventWindows, IEnumerable<RecordBatch>> what)
    {
        foreach (var subtask in _subtasks)
        {
            Apply(what(subtask));
        }
    }

    private void Apply(IEnumerable<RecordBatch> batches)
    {
        foreach (var batch in batches)
        {
            batch.ValidateFull();
            var retract = batch.Column<BooleanArray>(batch.ColumnCount - 2);
            foreach (var (line, row) in WindowEvents.Lines(batch).Select((line, row) => (line, row)))
            {
                // Without the bool, which is the last one but one.
                var parts = line.Split('|');
                var said = string.Join('|', parts.Where((_, place) => place != parts.Length - 2));
                if (retract.GetBoolean(row))
                {
                    RetractCount++;
                    Assert.True(_left.Remove(said), $"{said} is taken back, and is not there.");
                }
                else
                {
                    Assert.True(_left.Add(said), $"{said} comes twice.");
                }
            }

            batch.Dispose();
        }
    }

    private void Checkpoint()
    {
        HandOut(windows => windows.Correct());
        HandOut(windows => windows.HandOutOpen(onlyGone: true));
        foreach (var subtask in _subtasks)
        {
            subtask.TakeChanged(_log);
        }
    }

    private void Move(int parallelism, long watermark)
    {
        CountLate();
        DisposeAll();
        _subtasks = [.. Enumerable.Range(0, parallelism).Select(_ => make(_allocator))];
        for (var subtask = 0; subtask < parallelism; subtask++)
        {
            var range = KeyRange.Of(subtask, parallelism);
            foreach (var batch in _log)
            {
                var hashes = new ulong[batch.RowCount];
                var table = _subtasks[subtask].Table;
                if (keys.Length > 0 && table.HashColumn is { } hash)
                {
                    batch.Column<UInt64Array>(hash).Values.CopyTo(hashes);
                }
                else if (keys.Length > 0)
                {
                    RowHash.Compute(batch, [.. table.KeyColumns], hashes);
                }

                int[] mine = [.. Enumerable.Range(0, batch.RowCount).Where(row => range.Contains(hashes[row]))];
                using var part = ArrowTake.Take(batch, mine, _allocator);
                _subtasks[subtask].Restore(part);
            }

            _subtasks[subtask].FinishRestore(watermark == long.MinValue ? null : watermark);
        }
    }

    private void CountLate() => LateRowCount += _subtasks.Sum(windows => windows.LateRowCount);

    private void DisposeAll()
    {
        foreach (var subtask in _subtasks)
        {
            subtask.Dispose();
        }
    }
}
