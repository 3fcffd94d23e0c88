using System.Globalization;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansFlow.Grains;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>Goal: a run is read as it was written, whatever the storage can do and however many commits it has, in few reads.</summary>
public sealed class WorkflowRunStoreTests
{
    private static readonly GrainId Grain = GrainId.Create("workflowrun", "r");
    private static readonly DateTimeOffset NowUtc = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Both sides of what is read at once (8 rows, then 64) and of a snapshot (64 commits).</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(71)]
    [InlineData(128)]
    [InlineData(200)]
    public async Task Load_AfterAnyNumberOfCommits_GivesTheRunAsItWasWritten(int commits)
    {
        foreach (var batches in (bool[])[true, false])
        {
            var storage = Storage(batches);
            var written = await WriteAsync(Store(storage), commits);

            var store = Store(storage);
            var read = await LoadAsync(store);

            Assert.Equal(Encoding.UTF8.GetString(WorkflowRunJson.WriteSnapshot(written)), Encoding.UTF8.GetString(WorkflowRunJson.WriteSnapshot(read!)));
            Assert.Equal(commits, store.Next);
            Assert.Equal(0, store.First);
            Assert.Equal(commits < 64 ? commits : commits % 64, store.Tail.Count);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(8, 2)]
    [InlineData(63, 2)]
    [InlineData(65, 2)]
    public async Task Load_FromAStorageThatReadsRanges_TakesFewReads(int commits, int reads)
    {
        var storage = Storage(batches: true);
        await WriteAsync(Store(storage), commits);
        var counted = new CountingStorage(storage);

        await LoadAsync(new WorkflowRunStore(Services(counted)));

        Assert.Equal((reads, 0), (counted.Ranges, counted.Singles));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadLog_InPages_GivesEveryCommitOnce(bool batches)
    {
        var storage = Storage(batches);
        await WriteAsync(Store(storage), 150);
        var store = Store(storage);
        await LoadAsync(store);

        var numbers = new List<long>();
        long after = -1;
        while (await store.ReadLogAsync(after, 70) is { Commits.Count: > 0 } page)
        {
            numbers.AddRange(Enumerable.Range(0, page.Commits.Count).Select(place => page.First + place));
            Assert.All(page.Commits, commit => Assert.NotEmpty(WorkflowEventJson.Read(commit.Utf8)));
            after = numbers[^1];
        }

        Assert.Equal(Enumerable.Range(0, 150).Select(number => (long)number), numbers);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Delete_LeavesOneRow_AndALaterRunOfTheSameIdHasHigherEpochs(bool batches)
    {
        var storage = Storage(batches);
        await WriteAsync(Store(storage), 150);
        var store = Store(storage);
        await LoadAsync(store);

        await store.DeleteAsync(7);

        Assert.Single(storage.Names(Grain));
        var later = Store(storage);
        Assert.Null(await LoadAsync(later));
        Assert.Equal(7, later.LastEpoch);
        var written = await WriteAsync(later, 3);
        Assert.Equal(written.Position, (await LoadAsync(Store(storage)))!.Position);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Load_OfADeletionThatWasCutOff_IsADeletionThatCanEnd(bool batches)
    {
        var storage = Storage(batches);
        await WriteAsync(Store(storage), 100);
        var cut = Store(storage);
        await LoadAsync(cut);
        storage.BeforeClear = _ => throw new IOException("cut off");
        await Assert.ThrowsAsync<IOException>(() => cut.DeleteAsync(7));
        storage.BeforeClear = _ => Task.CompletedTask;

        var store = Store(storage);
        Assert.Null(await LoadAsync(store));
        Assert.True(store.IsDeleting);
        await store.DeleteAsync(store.LastEpoch);

        Assert.Single(storage.Names(Grain));
        Assert.Null(await LoadAsync(Store(storage)));
    }

    /// <summary>A start and signals that nobody waits for: an event each, a commit each.</summary>
    private static async Task<WorkflowRunState> WriteAsync(WorkflowRunStore store, int commits)
    {
        if (store.Next == 0)
        {
            Assert.Null(await LoadAsync(store));
        }

        var state = WorkflowRunState.None(WorkflowRuns.Flow);
        for (var commit = 0; commit < commits; commit++)
        {
            var turn = new WorkflowRunTurn(state);
            turn.Do(
                commit == 0
                    ? WorkflowStarts.CommandOf(new RunId("r"), WorkflowRuns.Begin("1"))
                    : new WorkflowCommand.Signal("s", Payload.FromJson(commit.ToString(CultureInfo.InvariantCulture))),
                NowUtc.AddSeconds(commit));
            await store.WriteAsync(turn.State, turn.Events, mayWait: false, state);
            state = turn.State;
        }

        return state;
    }

    private static Task<WorkflowRunState?> LoadAsync(WorkflowRunStore store) => store.LoadAsync(Grain, (_, _) => new(WorkflowRuns.Flow));

    private static JsonGrainStorage Storage(bool batches) =>
        (batches ? new JsonBatchStorage() : new JsonGrainStorage()).With((IJsonTypeInfoResolver[])[WorkflowJson.Default]);

    private static WorkflowRunStore Store(JsonGrainStorage storage) => new(Services(storage));

    private static ServiceProvider Services(IGrainStorage storage) =>
        new ServiceCollection().AddKeyedSingleton(FlowGrainStorage.Name, storage).BuildServiceProvider();
}
