using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors.Conformance;

/// <summary>What every sink promises that says exactly once: readers see each row once, whenever a run breaks off.</summary>
public abstract class ExactlyOnceSinkConformance : SinkConformance
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsWithoutACommit_AreNotVisible()
    {
        await using var sink = await StartAsync();
        Assert.True(sink.Operator.IsCommitting);
        await sink.ProcessAsync(Rows.Of(3));
        await CheckVisibleAsync();

        await CheckpointAsync(sink);

        await CheckVisibleAsync();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SinkRestoredBetweenCheckpointAndCommit_CommitsOnce_AndNothingBehindTheCheckpoint()
    {
        OperatorState state;
        await using (var before = await StartAsync())
        {
            await before.ProcessAsync(Rows.Of(2));
            state = await CheckpointAsync(before);
            await before.ProcessAsync(Rows.Of(2, 2));
            await PartAsync(before);
        }

        await using var after = await StartAsync(state);
        await CommitAsync(after, state);
        await CommitAsync(after, state);
        await CheckVisibleAsync(0, 1);

        await after.ProcessAsync(Rows.Of(2, 2));
        await CommitAsync(after, await CheckpointAsync(after));
        await CheckVisibleAsync(0, 1, 2, 3);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsOfARunThatBrokeOffBeforeItsFirstCheckpoint_ComeOnce()
    {
        await using (var before = await StartAsync())
        {
            await before.ProcessAsync(Rows.Of(2));
        }

        await using var after = await StartAsync();
        await after.ProcessAsync(Rows.Of(2));
        await CommitAsync(after, await CheckpointAsync(after));

        await CheckVisibleAsync(0, 1);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CheckpointThatWasGivenUp_IsCommittedWithTheNextOne()
    {
        await using var sink = await StartAsync();
        await sink.ProcessAsync(Rows.Of(1));
        await CheckpointAsync(sink);
        await sink.ProcessAsync(Rows.Of(1, 1));

        await CommitAsync(sink, await CheckpointAsync(sink));

        await CheckVisibleAsync(0, 1);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SubtasksRestoredAsOne_CommitOnce()
    {
        OperatorState state;
        await using (var one = await StartAsync(null, 0, 2))
        await using (var other = await StartAsync(null, 1, 2))
        {
            await one.ProcessAsync(Rows.Of(2));
            await other.ProcessAsync(Rows.Of(2, 2));
            state = OperatorStates.Merge("one", [await PartAsync(one), await PartAsync(other, isOfTheSame: true)]);
        }

        await using var after = await StartAsync(state);
        await CommitAsync(after, state);
        await CheckVisibleAsync(0, 1, 2, 3);
        await after.ProcessAsync(Rows.Of(1, 4));
        await CommitAsync(after, await CheckpointAsync(after));

        await CheckVisibleAsync(0, 1, 2, 3, 4);
    }
}
