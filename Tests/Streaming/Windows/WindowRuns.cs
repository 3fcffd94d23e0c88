using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Windows;

/// <summary>Runs events through the windows of one or more subtasks, and moves these to others from checkpoints on the way.</summary>
internal sealed class WindowRuns(WindowEvents events, int seed, Func<ArrowAllocator, EventWindows> make, int[] keys) : IDisposable
{
    private readonly Random _random = new(seed);
    private readonly CountingAllocator _allocator = new();
    private readonly List<RecordBatch> _log = [];
    private readonly List<string> _lines = [];
    private EventWindows[] _subtasks = [];

    public long LateRowCount => _subtasks.Sum(subtask => subtask.LateRowCount);

    /// <summary>Runs all events at a parallelism.</summary>
    /// <returns>What came out, a line a row.</returns>
    public List<string> Run(int parallelism, bool movesOften)
    {
        _subtasks = [.. Enumerable.Range(0, parallelism).Select(_ => make(_allocator))];
        var watermark = long.MinValue;
        for (var row = 0; row < events.Count;)
        {
            var count = Math.Min(_random.Next(1, 80), events.Count - row);
            Add([.. Enumerable.Range(row, count)]);
            watermark = Math.Max(watermark, Enumerable.Range(row, count).Max(events.TimeOf) - WindowEvents.LagMicros);
            row += count;
            if (_random.Next(2) == 0)
            {
                Advance(watermark);
            }

            if (movesOften && _random.Next(4) == 0)
            {
                Checkpoint();
                if (_random.Next(2) == 0)
                {
                    Move(_random.Next(1, 4), _subtasks[0].WatermarkMicros);
                }
            }
        }

        Advance(long.MaxValue);
        return [.. _lines.Order(StringComparer.Ordinal)];
    }

    public void Dispose()
    {
        Array.ForEach(_subtasks, subtask => subtask.Dispose());
        _log.ForEach(batch => batch.Dispose());
        Assert.Equal(0, _allocator.LiveBuffers);
    }

    private void Add(int[] rows)
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
    }

    private void Advance(long watermark)
    {
        foreach (var subtask in _subtasks)
        {
            var output = new List<RecordBatch>();
            subtask.AdvanceTo(watermark, output);
            foreach (var batch in output)
            {
                batch.ValidateFull();
                Assert.Equal(subtask.OutputSchema, batch.Schema);
                _lines.AddRange(WindowEvents.Lines(batch));
                batch.Dispose();
            }
        }
    }

    private void Checkpoint()
    {
        foreach (var subtask in _subtasks)
        {
            var log = new List<RecordBatch>();
            subtask.TakeChanged(log);
            _log.AddRange(log);
        }
    }

    private void Move(int parallelism, long watermark)
    {
        Array.ForEach(_subtasks, subtask => subtask.Dispose());
        _subtasks = [.. Enumerable.Range(0, parallelism).Select(_ => make(_allocator))];
        for (var subtask = 0; subtask < parallelism; subtask++)
        {
            var range = KeyRange.Of(subtask, parallelism);
            var table = _subtasks[subtask].Table;
            foreach (var batch in _log)
            {
                var hashes = new ulong[batch.RowCount];
                if (table.HashColumn is { } column)
                {
                    batch.Column<UInt64Array>(column).Values.CopyTo(hashes);
                }
                else if (table.KeyColumns.Count > 0)
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
}
