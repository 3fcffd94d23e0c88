using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Sessions;

public sealed class SessionInputsTests
{
    private static readonly Lease Lease = new() { TaskId = "run-1/delays/0", Epoch = 1 };

    [Fact]
    public async Task Reader_SendsNoMoreThanItsCredit()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();
        Feed(bench, 5);
        bench.Connection.Worker(Read(1, credit: 2));

        Assert.Equal([0, 1], await TakeAsync(bench, 2));
        Assert.True(bench.Connection.IsQuiet);

        bench.Connection.Worker(new WorkerMessage { InputCredit = new InputCredit { ReaderId = 1, Credit = 2 } });

        Assert.Equal([2, 3], await TakeAsync(bench, 2));
    }

    [Fact]
    public async Task Reader_AtTheEnd_SaysSo()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();
        Feed(bench, 1);
        bench.Run.Inputs.Writer.Complete();
        bench.Connection.Worker(Read(1, credit: 10));

        SiloMessage message;
        var refs = new List<InputRef>();
        do
        {
            message = await bench.Connection.NextAsync();
            refs.AddRange(message.InputRefs.Refs);
        }
        while (!message.InputRefs.End);

        Assert.Equal(("scan", 0, 0, 10, 100, "run-1/scan/0/0.e1.arrow"), (refs[0].Node, refs[0].TaskIndex, refs[0].Index, refs[0].Rows, refs[0].Bytes, refs[0].Path));
        Assert.Single(refs);
        Assert.Equal("", message.InputRefs.FailedReason);
    }

    [Fact]
    public async Task Reader_WhoseRunRefuses_EndsWithTheReason()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();
        bench.Run.Inputs.Writer.Complete(new FlowException(FlowErrorCode.LeaseLost, "another epoch"));

        bench.Connection.Worker(Read(1, credit: 1));

        var message = await bench.Connection.NextAsync();
        Assert.Equal((1, true, "lease_lost"), (message.InputRefs.ReaderId, message.InputRefs.End, message.InputRefs.FailedReason));
        Assert.False(bench.Running.IsCompleted);
    }

    [Fact]
    public async Task Reader_BeyondTheLimit_IsRefusedAndOthersGoOn()
    {
        await using var bench = new SessionBench(options => options.ReadersMax = 1);
        await bench.Connection.RegisterAsync();
        bench.Connection.Worker(Read(1, credit: 1));
        bench.Connection.Worker(Read(2, credit: 1));

        var refused = (await bench.Connection.NextAsync()).InputRefs;
        Assert.Equal((2, true, "limit_exceeded"), (refused.ReaderId, refused.End, refused.FailedReason));

        Feed(bench, 1);
        Assert.Equal([0], await TakeAsync(bench, 1));
    }

    [Fact]
    public async Task Reader_ClosedByTheWorker_MakesRoomAndSaysNothing()
    {
        await using var bench = new SessionBench(options => options.ReadersMax = 1);
        await bench.Connection.RegisterAsync();
        bench.Connection.Worker(Read(1, credit: 0));
        bench.Connection.Worker(new WorkerMessage { InputCredit = new InputCredit { ReaderId = 1, Credit = -1 } });

        // Closing is not waited for, so the next reader may come too early; then it is refused and asks again.
        var id = 2L;
        bench.Connection.Worker(Read(id, credit: 1));
        Feed(bench, 1);
        var message = (await bench.Connection.NextAsync()).InputRefs;
        while (message.FailedReason == "limit_exceeded")
        {
            bench.Connection.Worker(Read(++id, credit: 1));
            message = (await bench.Connection.NextAsync()).InputRefs;
        }

        Assert.Equal(id, message.ReaderId);
        Assert.Single(message.Refs);
    }

    [Fact]
    public async Task Reader_NumberedTwice_EndsTheSession()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();
        bench.Connection.Worker(Read(1, credit: 0));
        bench.Connection.Worker(Read(1, credit: 0));

        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => bench.Running)).Code);
    }

    [Fact]
    public async Task Reader_OfAStandaloneTask_EndsWithBadInput()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();

        bench.Connection.Worker(new WorkerMessage
        {
            ReadInputs = new ReadInputs { ReaderId = 4, Lease = new Lease { TaskId = "alone", Epoch = 1 }, Credit = 1 },
        });

        Assert.Equal("bad_input", (await bench.Connection.NextAsync()).InputRefs.FailedReason);
    }

    [Fact]
    public async Task Credit_ForAReaderThatHasEnded_IsLeftAlone()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();

        bench.Connection.Worker(new WorkerMessage { InputCredit = new InputCredit { ReaderId = 77, Credit = 5 } });
        bench.Connection.Worker(new WorkerMessage { Heartbeat = new Heartbeat { Sequence = 1 } });

        Assert.NotNull((await bench.Connection.NextAsync()).HeartbeatReceipt);
    }

    private static WorkerMessage Read(long id, int credit) =>
        new() { ReadInputs = new ReadInputs { ReaderId = id, Lease = Lease, Credit = credit } };

    private static void Feed(SessionBench bench, int count)
    {
        for (var index = 0; index < count; index++)
        {
            bench.Run.Inputs.Writer.TryWrite(new ArtifactRef
            {
                Node = "scan",
                TaskIndex = 0,
                Index = index,
                Rows = 10,
                Bytes = 100,
                Path = $"run-1/scan/0/{index}.e1.arrow",
            });
        }
    }

    private static async Task<List<int>> TakeAsync(SessionBench bench, int count)
    {
        var taken = new List<int>();
        while (taken.Count < count)
        {
            taken.AddRange((await bench.Connection.NextAsync()).InputRefs.Refs.Select(reference => reference.Index));
        }

        return taken;
    }
}
