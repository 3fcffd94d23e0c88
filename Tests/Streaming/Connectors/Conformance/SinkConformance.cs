using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Connectors.Conformance;

/// <summary>What every sink promises: rows of one column <c>number</c> that come before a barrier are there after its commit. The tests of a connector derive from it.</summary>
public abstract class SinkConformance : IAsyncLifetime
{
    private long _epoch;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected MemoryStateBackend State { get; } = new();

    /// <summary>Whether readers see what it writes.</summary>
    protected virtual bool IsVisible => true;

    /// <summary>Another sink that writes to the same place.</summary>
    protected abstract StreamOperator Sink();

    /// <summary>The numbers that readers of the place see, in any order.</summary>
    protected abstract Task<IReadOnlyList<long>> VisibleAsync();

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual ValueTask DisposeAsync()
    {
        State.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsBeforeABarrier_AreThereAfterItsCommit_HoweverOftenThatIsAskedFor()
    {
        await using var sink = await StartAsync();
        await sink.ProcessAsync(Rows.Of(3));
        await sink.ProcessAsync(Rows.Of(2, 3));
        var state = await CheckpointAsync(sink);

        await CommitAsync(sink, state);
        await CommitAsync(sink, state);

        await CheckVisibleAsync(0, 1, 2, 3, 4);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsOfSeveralSubtasks_AreAllThere()
    {
        await using var one = await StartAsync(null, 0, 2);
        await using var other = await StartAsync(null, 1, 2);
        await one.ProcessAsync(Rows.Of(2));
        await other.ProcessAsync(Rows.Of(2, 2));
        var (first, second) = (await CheckpointAsync(one), await CheckpointAsync(other));

        await CommitAsync(one, first);
        await CommitAsync(other, second);

        await CheckVisibleAsync(0, 1, 2, 3);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RestoredSink_GoesOnBehindWhatItsCheckpointHolds()
    {
        OperatorState state;
        await using (var before = await StartAsync())
        {
            await before.ProcessAsync(Rows.Of(2));
            state = await CheckpointAsync(before);
            await CommitAsync(before, state);
        }

        await using var after = await StartAsync(state);
        await CommitAsync(after, state);
        await after.ProcessAsync(Rows.Of(2, 2));
        await CommitAsync(after, await CheckpointAsync(after));

        await CheckVisibleAsync(0, 1, 2, 3);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Batches_AreLetGoOf()
    {
        var memory = new CountingAllocator();
        await using (var sink = await StartAsync())
        {
            await sink.ProcessAsync(Rows.Of(100, allocator: memory));
            await CheckpointAsync(sink);
        }

        Assert.Equal(0, memory.LiveBytes);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SinkWithoutRows_TakesCheckpointsAndCommits()
    {
        await using var sink = await StartAsync();
        await CommitAsync(sink, await CheckpointAsync(sink));
        await CommitAsync(sink, await CheckpointAsync(sink));

        await CheckVisibleAsync();
    }

    private protected Task<OperatorHarness> StartAsync(OperatorState? restored = null, int index = 0, int parallelism = 1) =>
        OperatorHarness.StartAsync(Sink(), Rows.Numbers, State, restored, TimeProvider.System, index, parallelism);

    /// <summary>Takes a checkpoint of one subtask, with a number that none had before.</summary>
    private protected async Task<OperatorState> CheckpointAsync(OperatorHarness sink) => OperatorStates.Merge("one", [await PartAsync(sink)]);

    /// <summary>The part of a checkpoint that a subtask stores: of the next one, or of the same as the part before.</summary>
    private protected Task<SubtaskState> PartAsync(OperatorHarness sink, bool isOfTheSame = false) => sink.CheckpointAsync(isOfTheSame ? _epoch : ++_epoch);

    /// <summary>What a run says when a checkpoint counts.</summary>
    private protected async Task CommitAsync(OperatorHarness sink, OperatorState state)
    {
        foreach (var commit in state.Commits)
        {
            await sink.Operator.CommitAsync(_epoch, commit.Data.Memory, Token);
        }
    }

    private protected async Task CheckVisibleAsync(params long[] numbers) => Assert.Equal(IsVisible ? numbers : [], (await VisibleAsync()).Order());
}
