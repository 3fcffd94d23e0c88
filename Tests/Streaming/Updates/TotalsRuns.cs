using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>
/// Runs events through the totals of one or more subtasks, kills these on the way and goes on from the last checkpoint with others. With a memory some subtasks are bound by it.
/// Each change is applied to what a reader of the changes has, and it must be one: a row that is taken back is there, a row that comes is not.
/// </summary>
internal sealed class TotalsRuns(WindowEvents events, int seed, int[] keys, long? ttlMicros, StreamMemory? memory = null) : IDisposable
{
    private static readonly int TimeColumn = WindowEvents.Schema.Fields.Count - 1;

    private readonly Random _random = new(seed);
    private readonly CountingAllocator _allocator = new();
    private readonly List<RecordBatch> _log = [];
    private Dictionary<string, string> _read = [];
    private Dictionary<string, long> _newest = [];
    private KeyTotals[] _subtasks = [];

    /// <summary>How often a subtask was killed.</summary>
    public int KillCount { get; private set; }

    /// <summary>Keys that went because they were too old.</summary>
    public int ExpiredCount { get; private set; }

    /// <summary>Runs all events.</summary>
    /// <returns>What a reader of the changes has in the end, a line a row.</returns>
    public async Task<List<string>> RunAsync(bool isKilled, CancellationToken cancellationToken)
    {
        _subtasks = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Make())];
        var (saved, row) = (Save(0), 0);
        while (row < events.Count)
        {
            var count = Math.Min(_random.Next(1, 60), events.Count - row);
            await AddAsync([.. Enumerable.Range(row, count)], cancellationToken);
            row += count;
            if (_random.Next(2) > 0)
            {
                continue;
            }

            await ChangeAsync(Enumerable.Range(0, row).Max(events.TimeOf), cancellationToken);
            if (isKilled && _random.Next(2) == 0)
            {
                TakeChanged();
                saved = Save(row);
            }
            else if (isKilled && _random.Next(2) == 0)
            {
                (_read, _newest, row) = (new(saved.Read), new(saved.Newest), saved.Row);
                await RestoreAsync(_random.Next(1, 4), cancellationToken);
                KillCount++;
            }
        }

        await ChangeAsync(Enumerable.Range(0, row).Max(events.TimeOf), cancellationToken);
        Assert.Equal(_read.Count, _subtasks.Sum(subtask => subtask.LiveCount));
        return [.. _read.Select(pair => $"{pair.Key}|{pair.Value}").Order(StringComparer.Ordinal)];
    }

    public void Dispose()
    {
        DisposeAll();
        _log.ForEach(batch => batch.Dispose());
        Assert.Equal(0, _allocator.LiveBuffers);
    }

    private (Dictionary<string, string> Read, Dictionary<string, long> Newest, int Row) Save(int row) => (new(_read), new(_newest), row);

    private async Task AddAsync(int[] rows, CancellationToken cancellationToken)
    {
        using var batch = events.Batch(rows, _allocator);
        for (var subtask = 0; subtask < _subtasks.Length; subtask++)
        {
            using var part = PartOf(batch, keys, subtask);
            await _subtasks[subtask].AddAsync(part, cancellationToken);
        }

        foreach (var row in rows)
        {
            var key = string.Join("|", keys.Select(column => events.TextOf(row, column)));
            _newest[key] = Math.Max(_newest.GetValueOrDefault(key, long.MinValue), events.TimeOf(row));
        }
    }

    private async Task ChangeAsync(long now, CancellationToken cancellationToken)
    {
        foreach (var subtask in _subtasks)
        {
            Apply(await ReadAsync(subtask.ChangeAsync(cancellationToken)));
            if (ttlMicros is { } ttl)
            {
                var expired = await ReadAsync(subtask.ExpireAsync(now - ttl, cancellationToken));
                Assert.All(expired, change => Assert.True(change.IsRetract));
                ExpiredCount += expired.Count;
                Apply(expired);
            }
        }

        foreach (var (key, newest) in _newest)
        {
            if (ttlMicros is { } ttl && newest < now - ttl)
            {
                _newest.Remove(key);
            }
        }

        Assert.Equal(_newest.Keys.Order(StringComparer.Ordinal), _read.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>Reads one flush: no key may change twice in it.</summary>
    private async Task<List<(string Key, string Value, bool IsRetract)>> ReadAsync(IAsyncEnumerable<RecordBatch> changes)
    {
        var said = new List<(string Key, string Value, bool IsRetract)>();
        await foreach (var batch in changes)
        {
            batch.ValidateFull();
            var retract = batch.Column<BooleanArray>(batch.ColumnCount - 2);
            var lines = WindowEvents.Lines(batch).ToList();
            for (var row = 0; row < batch.RowCount; row++)
            {
                var cells = lines[row].Split('|');
                said.Add((string.Join("|", cells[..keys.Length]), string.Join("|", cells[keys.Length..^2]), retract.GetBoolean(row)));
            }

            batch.Dispose();
        }

        Assert.Equal(said.Count, said.Select(change => (change.Key, change.IsRetract)).Distinct().Count());
        return said;
    }

    private void Apply(List<(string Key, string Value, bool IsRetract)> changes)
    {
        foreach (var (key, value, _) in changes.Where(change => change.IsRetract))
        {
            Assert.True(_read.Remove(key, out var before), $"{key} was not there.");
            Assert.Equal(before, value);
        }

        foreach (var (key, value, _) in changes.Where(change => !change.IsRetract))
        {
            Assert.True(_read.TryAdd(key, value), $"{key} was there.");
        }
    }

    private void TakeChanged()
    {
        foreach (var subtask in _subtasks)
        {
            subtask.TakeChanged(_log);
        }
    }

    private async Task RestoreAsync(int parallelism, CancellationToken cancellationToken)
    {
        DisposeAll();
        _subtasks = [.. Enumerable.Range(0, parallelism).Select(_ => Make())];
        for (var subtask = 0; subtask < parallelism; subtask++)
        {
            // The log's files have batches of their own size: keys come twice in one.
            for (var next = 0; next < _log.Count;)
            {
                var some = _log.GetRange(next, Math.Min(_random.Next(1, 9), _log.Count - next));
                next += some.Count;
                using var rows = ArrowTake.Concat(some, _allocator);
                using var part = PartOf(rows, [.. Enumerable.Range(0, keys.Length)], subtask);
                await _subtasks[subtask].RestoreAsync(part, cancellationToken);
            }

            await _subtasks[subtask].FinishRestoreAsync(cancellationToken);
        }

        Assert.Equal(_read.Count, _subtasks.Sum(one => one.LiveCount));
    }

    private RecordBatch PartOf(RecordBatch rows, int[] keyColumns, int subtask)
    {
        var (hashes, range) = (new ulong[rows.RowCount], KeyRange.Of(subtask, _subtasks.Length));
        RowHash.Compute(rows, keyColumns, hashes);
        return ArrowTake.Take(rows, [.. Enumerable.Range(0, hashes.Length).Where(row => range.Contains(hashes[row]))], _allocator);
    }

    private KeyTotals Make()
    {
        var input = WindowEvents.Schema;
        var time = input.Fields[TimeColumn];
        List<AggregateSpec> specs = [.. WindowEvents.Aggregates, new(AggregateKind.Max, TimeColumn, time.Type, time.Type), new(AggregateKind.Count, null, null, ArrowType.Int64)];
        var output = new ArrowSchema(
        [
            .. keys.Select(key => input.Fields[key]),
            .. WindowEvents.Aggregates.Select((spec, place) => new ArrowField(string.Create(CultureInfo.InvariantCulture, $"a{place}"), spec.ResultType)),
            new ArrowField("_is_retract", ArrowType.Boolean),
            time,
        ]);
        return new KeyTotals(keys, [.. keys.Select(key => input.Fields[key].Type)], specs, output, _allocator)
        {
            // Some have enough: a checkpoint of one that was short comes back to one that is not, and the other way round.
            Memory = memory is not null && (_subtasks.Length == 0 || _random.Next(3) > 0) ? memory.Open() : MemoryShare.Unbounded,
        };
    }

    private void DisposeAll()
    {
        foreach (var subtask in _subtasks)
        {
            subtask.Dispose();
        }
    }
}
