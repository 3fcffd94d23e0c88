using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.State;

public sealed class TableCompactorTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly StoredJob _job = new();

    public void Dispose() => _job.Dispose();

    [Theory]
    [InlineData(1, 2_000_000)]
    [InlineData(3, 2_000_000)]
    [InlineData(2, 50)]
    public async Task KeyedTable_KeepsTheLastRowOfEachKeyAndNoRemovedOnes(int parallelism, long keysMax)
    {
        var random = new Random(parallelism);
        var expected = new Dictionary<long, string>();
        var run = await Run.BeginAsync(_job, StateRows.Keyed(), parallelism);
        for (var epoch = 1; epoch <= 5; epoch++)
        {
            var rows = Enumerable.Range(0, 200).Select(i => ((long)random.Next(300), (string?)(random.Next(4) == 0 ? null : $"{epoch}.{i}"))).ToArray();
            foreach (var (key, value) in rows)
            {
                _ = value is null ? expected.Remove(key) : (expected[key] = value) is not null;
            }

            await run.CheckpointAsync(epoch, owner => StateRows.KeyedBatch([.. rows.Where(row => KeyRange.OwnerOf(StateRows.HashOf(row.Item1), parallelism) == owner)]));
        }

        var compacted = await Compactor(keysMax: keysMax).CompactAsync(run.State, None);
        var after = await run.ReplacedAsync(compacted, epoch: 6);

        Assert.Equal(parallelism, after.Tables[0].Files.Count);
        Assert.All(after.Tables[0].Files, file => Assert.Equal((5L, 1U), (file.Epoch, file.Generation)));
        Assert.Equal(expected.Select(pair => $"{pair.Key}={pair.Value}").Order(), (await _job.RestoreAsync(after, StateRows.Keyed())).Order());
        Assert.Equal(expected.Count, (await _job.RestoreAsync(after, StateRows.Keyed(), parallelism: 4)).Count);
    }

    [Fact]
    public async Task RemovedKey_StaysRemovedWhileOlderFilesHoldIt()
    {
        var run = await Run.BeginAsync(_job, StateRows.Keyed(), 1);
        for (var epoch = 1; epoch <= 4; epoch++)
        {
            var value = epoch <= 2 ? "old" : null;
            await run.CheckpointAsync(epoch, _ => StateRows.KeyedBatch((1, value), (epoch * 10, "x")));
            if (epoch is 2 or 4)
            {
                await run.ReplacedAsync(await Compactor(checkpointsMin: 2).CompactAsync(run.State, None), 0);
            }
        }

        // The second merge has a file of a higher generation before it, which holds the old row: the removal has to be kept.
        var state = await run.CheckpointAsync(5, _ => StateRows.KeyedBatch());
        Assert.Equal([(2L, 1U), (4L, 1U)], state.Tables[0].Files.Select(file => (file.Epoch, file.Generation)));
        Assert.Equal(["10=x", "1=old", "20=x", "30=x", "1=gone", "40=x"], await _job.RestoreAsync(state, StateRows.Keyed()));

        // Merged with it, both are gone.
        var merged = await run.ReplacedAsync(await Compactor(checkpointsMin: 2).CompactAsync(state, None), 6);
        Assert.Equal([(4L, 2U)], merged.Tables[0].Files.Select(file => (file.Epoch, file.Generation)));
        Assert.Equal(["10=x", "20=x", "30=x", "40=x"], (await _job.RestoreAsync(merged, StateRows.Keyed())).Order());
    }

    [Fact]
    public async Task TimedTable_KeepsAllRowsThatCountInTheirOrder()
    {
        var options = StateRows.Timed(TimeSpan.FromMicroseconds(25));
        var run = await Run.BeginAsync(_job, options, 1);
        for (var epoch = 1; epoch <= 4; epoch++)
        {
            await run.CheckpointAsync(epoch, _ => StateRows.Batch((epoch, "x", 40), (100 + epoch, "old", epoch)), watermarkMicros: 28);
        }

        var after = await run.ReplacedAsync(await Compactor().CompactAsync(run.State, None), 5, watermarkMicros: 28);

        var file = Assert.Single(after.Tables[0].Files);
        Assert.Equal((6L, 40L), (file.Rows, file.MaxTimeMicros));
        Assert.Equal(["1=x", "2=x", "3=x", "103=old", "4=x", "104=old"], await _job.RestoreAsync(after, options));
    }

    [Fact]
    public async Task TableOfWhichNothingIsLeft_HasAnEmptyFileThatStandsForItsKeys()
    {
        var run = await Run.BeginAsync(_job, StateRows.Keyed(), 1);
        for (var epoch = 1; epoch <= 4; epoch++)
        {
            await run.CheckpointAsync(epoch, _ => StateRows.KeyedBatch((1, epoch == 4 ? null : "x")));
        }

        var before = run.State.Tables[0].Files.Take(1).ToList();
        var after = await run.ReplacedAsync(await Compactor().CompactAsync(run.State, None), 5);
        var file = Assert.Single(after.Tables[0].Files);
        Assert.Equal((0L, 0UL, ulong.MaxValue), (file.Rows, file.MinHash, file.MaxHash));
        Assert.Empty(await _job.RestoreAsync(after, StateRows.Keyed()));

        // A subtask that is late still names the file with the row, and not the one that removed it.
        after.Tables[0].Files.AddRange(before);
        Assert.Empty(await _job.RestoreAsync(after, StateRows.Keyed()));
    }

    [Fact]
    public async Task FilesOfTooFewCheckpoints_AreLeftAlone()
    {
        var run = await Run.BeginAsync(_job, StateRows.Keyed(), 2);
        for (var epoch = 1; epoch <= 3; epoch++)
        {
            await run.CheckpointAsync(epoch, owner => StateRows.KeyedBatch((owner, "x")));
        }

        Assert.Empty(await Compactor().CompactAsync(run.State, None));
        Assert.Empty(await Compactor().CompactAsync(new OperatorState { Tables = { new TableState { Kind = TableKind.Global, Files = { run.State.Tables[0].Files } } } }, None));
    }

    [Fact]
    public async Task Replacement_IsKeptWhenASnapshotWasUnderWay()
    {
        var run = await Run.BeginAsync(_job, StateRows.Keyed(), 1);
        for (var epoch = 1; epoch <= 4; epoch++)
        {
            await run.CheckpointAsync(epoch, _ => StateRows.KeyedBatch((epoch, "x")));
        }

        var compacted = await Compactor().CompactAsync(run.State, None);
        run.Append(0, StateRows.KeyedBatch((5, "x")));
        await using (var snapshot = run.Subtask(0).Freeze(5, null, default))
        {
            run.Subtask(0).Replace(compacted);
            run.Subtask(0).Replace(compacted);
            Assert.Equal(5, (await snapshot.WriteAsync(None)).Tables[0].Files.Count);
        }

        var after = await run.ReplacedAsync([], 6);
        Assert.Equal([(4L, 1U), (5L, 0U)], after.Tables[0].Files.Select(file => (file.Epoch, file.Generation)));
        Assert.Equal(["1=x", "2=x", "3=x", "4=x", "5=x"], await _job.RestoreAsync(after, StateRows.Keyed()));
    }

    [Fact]
    public async Task SubtasksThatTakeTheNewFilesAtDifferentCheckpoints_GiveNoRowTwice()
    {
        // One subtask before: its files hold rows of both that come after.
        var options = StateRows.Timed();
        var run = await Run.BeginAsync(_job, options, 1);
        for (var epoch = 1; epoch <= 4; epoch++)
        {
            await run.CheckpointAsync(epoch, _ => StateRows.Batch([.. Enumerable.Range(0, 20).Select(i => (epoch * 100L + i, "x", 1L))]));
        }

        var expected = (await _job.RestoreAsync(run.State, options)).Order().ToList();
        var two = await Run.BeginAsync(_job, options, 2, run.State);
        var compacted = await Compactor().CompactAsync(await two.CheckpointAsync(5, null), None);
        two.Subtask(0).Replace(compacted);
        var mixed = await two.CheckpointAsync(6, null);

        Assert.Equal([4L, 1L], mixed.Tables[0].Files.CountBy(file => file.Generation).OrderBy(pair => pair.Key).Select(pair => (long)pair.Value));
        foreach (var parallelism in new[] { 1, 2, 3 })
        {
            Assert.Equal(expected, (await _job.RestoreAsync(mixed, options, parallelism: parallelism)).Order());
        }

        // Begun from the mixture and compacted again: still each row once, and the file of the first subtask is not made again.
        var three = await Run.BeginAsync(_job, options, 2, mixed);
        var again = await Compactor().CompactAsync(await three.CheckpointAsync(7, null), None);
        var after = await three.ReplacedAsync(again, 8);
        Assert.Equal(0, again[0].Files[0].Rows);
        Assert.Equal(2, after.Tables[0].Files.Count);
        Assert.Equal(expected, (await _job.RestoreAsync(after, options, parallelism: 3)).Order());
    }

    private TableCompactor Compactor(int checkpointsMin = 4, long keysMax = 2_000_000) => new(_job.Store, StoredJob.Name, 1, checkpointsMin, keysMax);

    /// <summary>Subtasks of an operator that take checkpoints together.</summary>
    private sealed class Run
    {
        private readonly List<(ISubtaskState State, IRowTable Table)> _subtasks = [];

        public OperatorState State { get; private set; } = new();

        public static async Task<Run> BeginAsync(StoredJob job, RowTableOptions options, int parallelism, OperatorState? restored = null)
        {
            var run = new Run();
            for (var i = 0; i < parallelism; i++)
            {
                var state = job.OpenSubtask(1, i, parallelism, restored);
                run._subtasks.Add((state, await state.OpenRowsAsync("t", options, None)));
            }

            return run;
        }

        public ISubtaskState Subtask(int index) => _subtasks[index].State;

        public void Append(int index, Arrow.RecordBatch rows) => _subtasks[index].Table.Append(rows);

        public async Task<OperatorState> CheckpointAsync(long epoch, Func<int, Arrow.RecordBatch>? rows, long? watermarkMicros = null)
        {
            var written = new List<SubtaskState>();
            for (var i = 0; i < _subtasks.Count; i++)
            {
                if (rows is not null)
                {
                    Append(i, rows(i));
                }

                written.Add(await Subtask(i).WriteAsync(epoch, watermarkMicros));
            }

            return State = OperatorStates.Merge("op", written);
        }

        /// <summary>Tells all subtasks of the new files; with an epoch, takes a checkpoint.</summary>
        public async Task<OperatorState> ReplacedAsync(IReadOnlyList<TableState> compacted, long epoch, long? watermarkMicros = null)
        {
            _subtasks.ForEach(subtask => subtask.State.Replace(compacted));
            return epoch == 0 ? State : await CheckpointAsync(epoch, null, watermarkMicros);
        }
    }
}
