using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Worker.Scripting;
using PublishOutcome = OrleansFlow.Streaming.State.Fencing.PublishOutcome;
using static OrleansFlow.Tests.Worker.Jobs.JobPrograms;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>
/// Goal: barriers that overtake do so between workers too: what lies in queues and sockets is part of the checkpoint, once. Method: two hosts with exchanges over TCP; the sinks stand still
/// until the sources have sent their barriers behind more rows than all queues hold; then both hosts are lost, and two others go on.
/// </summary>
public sealed class UnalignedEdgesTests : IDisposable
{
    /// <summary>Of each of the four channels more than the two queues that it has room for while a barrier overtakes.</summary>
    private const int Count = 100_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("unaligned-edges-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsBetweenWorkers_ThatABarrierOvertook_ComeAgainOnce_AfterBothAreLost()
    {
        var url = new Uri(_folder).AbsoluteUri;
        var program = Numbers(Op("sink", "record"), parallelism: 2, rate: 0, count: Count);
        new CheckpointBarriers { IsUnaligned = true, AlignmentTimeout = TimeSpan.Zero }.WriteTo(program);
        var before = new List<long>();
        CheckpointManifest manifest;
        using var entered = new SemaphoreSlim(0);
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var peers = new JobPeers(async cancellationToken =>
        {
            entered.Release();
            await open.Task.WaitAsync(cancellationToken);
        }))
        {
            await peers.StartAsync(program, url);
            await entered.WaitAsync(Token);
            await entered.WaitAsync(Token);
            foreach (var worker in peers.Workers)
            {
                await worker.Host.CheckpointAsync(new CheckpointRequest { Context = Context(worker: worker.Host.Setup.WorkerId), Epoch = 1 }, Token);
            }

            // A source that waits for room gets it, up to its barrier.
            await Task.WhenAll(peers.Workers.Select(worker => worker.ReadUntilAsync(said => said.Checkpoint is { Epoch: 1, Kind: CheckpointEventKind.FinishedSync, Subtask.NodeId: 1 })));
            open.SetResult();
            var told = await Task.WhenAll(peers.Workers.Select(worker => worker.ReadUntilAsync(said => said.CheckpointCompleted?.Epoch == 1, 2)));

            manifest = ManifestOf(told.SelectMany(one => one));
            before.AddRange(peers.Seen.SelectMany(seen => seen.All.TakeWhile(number => number >= 0)));
        }

        var held = manifest.Operators.Single(one => one.OperatorId == "sink").Tables.Where(table => table.Name.StartsWith("_channels-", StringComparison.Ordinal)).ToList();
        Assert.Equal(["_channels-0", "_channels-1"], held.Select(table => table.Name).Order(StringComparer.Ordinal));
        Assert.True(JobCheckpoint.HoldsRowsOf(manifest));
        using (var store = new LocalObjectStore(_folder))
        {
            Assert.Equal(PublishOutcome.Ready, await new CheckpointStore(store, "j1").PublishAsync(manifest, Token));
        }

        await using var others = new JobPeers();
        foreach (var worker in others.Workers)
        {
            var start = others.StartFor(worker, program, url);
            (start.RestoreEpoch, start.RestoreManifest, start.StartEpoch) = (1, CheckpointStore.NameOf(manifest), 2);
            worker.Host.Start(start);
        }

        await Task.WhenAll(others.Workers.Select(worker => worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 2)));

        Assert.NotEmpty(before);
        Assert.Equal(Enumerable.Range(0, Count).Select(number => (long)number), before.Concat(others.Seen.SelectMany(seen => seen.Numbers)).Order());
    }

    private static CheckpointManifest ManifestOf(IEnumerable<WorkerEvent> told)
    {
        var manifest = new CheckpointManifest { JobId = "j1", Generation = 1, Epoch = 1 };
        manifest.Operators.Add(told.Select(said => said.CheckpointCompleted).Where(completed => completed?.Epoch == 1).GroupBy(completed => completed.Subtask.OperatorId)
            .Select(one => OperatorStates.Merge(one.Key, [.. one.OrderBy(part => part.Subtask.SubtaskIndex).Select(part => part.State)])));
        return manifest;
    }
}
