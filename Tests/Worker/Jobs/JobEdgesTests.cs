using OrleansFlow.Errors;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Jobs.Edges;
using static OrleansFlow.Tests.Worker.Jobs.JobPrograms;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Goal: a job over two workers gives what one worker gives. Method: two hosts in this process, exchanges over TCP, real time.</summary>
public class JobEdgesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Program_OverTwoWorkers_GivesTheRowsOfOne()
    {
        const int Count = 20_000;
        await using var peers = new JobPeers();
        var program = Numbers(Op("sink", "record"), parallelism: 2, rate: 0, count: Count);
        foreach (var worker in peers.Workers)
        {
            worker.Host.Start(peers.StartFor(worker, program));
        }

        await Task.WhenAll(peers.Workers.Select(worker => worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 2)));

        Assert.Equal(Enumerable.Range(0, Count).Select(number => (long)number), peers.Seen.SelectMany(seen => seen.Numbers).Order());

        // The same hash decides as inside one process, so each worker has the rows that its subtask has there.
        Assert.All(peers.Seen, seen => Assert.InRange(seen.Numbers.Count(), Count * 2 / 5, Count * 3 / 5));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Barriers_StayInOrderWithTheRows_SoThatNoRowIsLostBehindTheLastOne()
    {
        await using var peers = new JobPeers();
        await peers.StartAsync(Numbers(Op("sink", "record"), parallelism: 2, rate: 50_000), peers.Workers[0].CheckpointUrl);
        foreach (var epoch in new[] { 1L, 2, 3 })
        {
            foreach (var worker in peers.Workers)
            {
                await worker.Host.CheckpointAsync(new CheckpointRequest { Context = Context(worker: worker.Host.Setup.WorkerId), Epoch = epoch, ThenStop = epoch == 3 }, Token);
            }

            await Task.WhenAll(peers.Workers.Select(worker => worker.ReadUntilAsync(said => said.CheckpointCompleted?.Epoch == epoch, 2)));
        }

        await Task.WhenAll(peers.Workers.Select(worker => worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 2)));

        var sent = peers.Workers.Sum(worker => worker.Host.CountersOf(Context(worker: worker.Host.Setup.WorkerId)).Single(one => one.NodeId == 1).MessagesSent);
        var numbers = peers.Seen.SelectMany(seen => seen.Numbers).ToList();
        Assert.Equal(sent, numbers.Count);
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
        Assert.All(peers.Seen, seen => Assert.Equal(3, seen.All.Count(one => one == -1)));
        Assert.All(peers.Seen, seen => Assert.Equal(-1, seen.All[^1]));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SenderThatWasCutOffAfterItWasLetIn_ComesAgain_AndTheRunGoesOn()
    {
        const int Count = 2_000;
        await using var peers = new JobPeers();
        var program = Numbers(Op("sink", "record"), parallelism: 2, rate: 0, count: Count);
        peers.Workers[0].Host.Start(peers.StartFor(peers.Workers[0], program));
        for (var isOpened = false; !isOpened;)
        {
            try
            {
                // What its listener sees of a sender that never hears the answer: the channel is taken, and nothing comes.
                await OpenAsync(peers, 1, peers.Token());
                isOpened = true;
            }
            catch (RpcException exception) when (exception.Status.Code == RpcStatusCode.Unavailable)
            {
                Token.ThrowIfCancellationRequested();
            }
        }

        peers.Workers[1].Host.Start(peers.StartFor(peers.Workers[1], program));
        await Task.WhenAll(peers.Workers.Select(worker => worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 2)));

        Assert.Equal(Enumerable.Range(0, Count).Select(number => (long)number), peers.Seen.SelectMany(seen => seen.Numbers).Order());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task BrokenStream_FailsTheRunWithAnErrorThatMayPass()
    {
        await using var peers = new JobPeers();
        await peers.StartAsync(Numbers(Op("sink", "record"), parallelism: 2, rate: 0));

        await peers.Listeners[1].DisposeAsync();

        foreach (var worker in peers.Workers)
        {
            var told = await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFailed);
            var failed = told.First(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFailed).TaskFailed;
            Assert.Equal(("worker_lost", ErrorDomain.External, true), (failed.Code, failed.Domain, failed.IsRetryable));
        }
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Rows_AreTakenOnlyFromWhoeverShowsTheTokenOfTheRun()
    {
        await using var peers = new JobPeers();
        peers.Workers[0].Host.Start(peers.StartFor(peers.Workers[0], Numbers(Op("sink", "record"), parallelism: 2)));

        foreach (var token in new[] { "", "not.signed", peers.Token("j1/2"), peers.Token("j2/1"), peers.Token(kind: SignedTextReader.QueryKind) })
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => OpenAsync(peers, 1, token));
            Assert.Equal(RpcStatusCode.Unauthenticated, refused.Status.Code);
        }

        var missing = await Assert.ThrowsAsync<RpcException>(() => OpenAsync(peers, 2, peers.Token("j1/2")));
        Assert.Equal(RpcStatusCode.Unavailable, missing.Status.Code);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Rows_OfAnOlderGeneration_AreRefused()
    {
        await using var peers = new JobPeers();
        await peers.Workers[0].StartAsync(Start(Numbers(Blackhole), generation: 3));

        var refused = await Assert.ThrowsAsync<RpcException>(() => OpenAsync(peers, 2, peers.Token("j1/2")));

        Assert.Equal(RpcStatusCode.FailedPrecondition, refused.Status.Code);
        Assert.Contains("Generation 2 of job 'j1' has ended", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Signals_ComeBackAsTheyWere()
    {
        StreamMessage[] signals =
        [
            StreamMessage.Of(Watermark.Idle), StreamMessage.Of(Watermark.At(-5)), StreamMessage.Of(Watermark.End), StreamMessage.Stop, StreamMessage.EndOfData,
            StreamMessage.Of(new CheckpointBarrier(7, 3, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), ThenStop: true)),
        ];

        Assert.Equal(signals, signals.Select(signal => EdgeSignals.Read(EdgeSignals.Write(signal))));
        foreach (var wrong in new byte[][] { [], [0], [1, 2], [3, 0], [9] })
        {
            Assert.Equal(FlowErrorCode.BadInput, Assert.Throws<FlowException>(() => EdgeSignals.Read(wrong)).Code);
        }
    }

    private static async Task OpenAsync(JobPeers peers, long generation, string token)
    {
        var headers = new RpcMetadata();
        headers.Add("authorization", "Bearer " + token);
        await using var stream = await new ExchangeClient().OpenAsync(peers.Listeners[0].Address, new EdgeTicket("j1", generation, new ChannelKey(0, 1, 0)).Write(), headers, Token);
    }
}
