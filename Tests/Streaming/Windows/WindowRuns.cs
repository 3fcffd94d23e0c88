using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Windows;

/// <summary>Runs events through the windows of one or more subtasks, and moves these to others from checkpoints on the way. With a memory some subtasks are bound by it.</summary>
internal sealed class WindowRuns(WindowEvents events, int seed, Func<ArrowAllocator, EventWindows> make, int[] keys, StreamMemory? memory = null) : IDisposable
{
    private readonly Random _random = new(seed);
    private readonly CountingAllocator _allocator = new();
    private readonly List<RecordBatch> _log = [];
    private readonly List<string> _lines = [];
    private EventWindows[] _subtasks = [];

    public long LateRowCount => _subtasks.Sum(subtask => subtask.LateRowCount);

    /// <summary>Runs all events at a parallelism.</summary>
    /// <returns>What came out, a line a row.</returns>
    public async Task<List<string>> RunAsync(int parallelism, bool movesOften, CancellationToken cancellationToken)
    {
        _subtasks = [.. Enumerable.Range(0, parallelism).Select(_ => Make())];
        var watermark = long.MinValue;
        for (var row = 0; row < events.Count;)
        {
            var count = Math.Min(_random.Next(1, 80), events.Count - row);
            await AddAsync([.. Enumerable.Range(row, count)], cancellationToken);
            watermark = Math.Max(watermark, Enumerable.Range(row, count).Max(events.TimeOf) - WindowEvents.LagMicros);
            row += count;
            if (_random.Next(2) == 0)
            {
                await AdvanceAsync(watermark, cancellationToken);
            }

            if (movesOften && _random.Next(4) == 0)
            {
                await CheckpointAsync(cancellationToken);
                if (_random.Next(2) == 0)
                {
                    await MoveAsync(_random.Next(1, 4), _subtasks[0].WatermarkMicros, cancellationToken);
                }
            }
        }

        await AdvanceAsync(long.MaxValue, cancellationToken);
        return [.. _lines.Order(StringComparer.Ordinal)];
    }

    public void Dispose()
    {
        DisposeAll();
        _log.ForEach(batch => batch.Dispose());
        Assert.Equal(0, _allocator.LiveBuffers);
    }

    private async Task AddAsync(int[] rows, CancellationToken cancellationToken)
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
            await MakeRoomAsync(_subtasks[subtask], part.RowCount, cancellationToken);
            _subtasks[subtask].Add(part);
        }
    }

    private async Task AdvanceAsync(long watermark, CancellationToken cancellationToken)
    {
        foreach (var subtask in _subtasks)
        {
            for (var step = subtask.StepTo(watermark); step < watermark; step = subtask.StepTo(watermark))
            {
                Advance(subtask, step);
                await MakeRoomAsync(subtask, 0, cancellationToken);
            }

            Advance(subtask, watermark);
        }
    }

    private void Advance(EventWindows subtask, long watermark)
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

    private async Task CheckpointAsync(CancellationToken cancellationToken)
    {
        foreach (var subtask in _subtasks)
        {
            var log = new List<RecordBatch>();
            await subtask.PrepareChangedAsync(cancellationToken);
            subtask.TakeChanged(log);
            _log.AddRange(log);
        }
    }

    private async Task MoveAsync(int parallelism, long watermark, CancellationToken cancellationToken)
    {
        DisposeAll();
        _subtasks = [.. Enumerable.Range(0, parallelism).Select(_ => Make())];
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
                await MakeRoomAsync(_subtasks[subtask], part.RowCount, cancellationToken);
                _subtasks[subtask].Restore(part);
            }

            long? restored = watermark == long.MinValue ? null : watermark;
            await _subtasks[subtask].SettleRestoredAsync(restored, cancellationToken);
            _subtasks[subtask].FinishRestore(restored);
        }
    }

    private static ValueTask MakeRoomAsync(EventWindows windows, int rowCount, CancellationToken cancellationToken) =>
        windows.NeedsRoom(rowCount) ? windows.MakeRoomAsync(rowCount, cancellationToken) : ValueTask.CompletedTask;

    private EventWindows Make()
    {
        var windows = make(_allocator);

        // Some have enough: a checkpoint of one that was short comes back to one that is not, and the other way round.
        if (memory is not null && (_subtasks.Length == 0 || _random.Next(3) > 0))
        {
            windows.Memory = memory.Open();
        }

        return windows;
    }

    private void DisposeAll()
    {
        foreach (var subtask in _subtasks)
        {
            subtask.Dispose();
            subtask.Memory.Dispose();
        }
    }
}
