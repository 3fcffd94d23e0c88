using System.Runtime.CompilerServices;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Sessions;

/// <summary>Goal: what an input adapter asked for arrives once, also when the run's grain moves in between; nothing is asked for twice without need.</summary>
public sealed class SessionPullTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task Pull_OfARunThatMoved_IsAskedForAgainFromWhereItIs_AfterTheWaitsOfItsArguments()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();
        var calls = 0;
        bench.Run.Pull = pull => ++calls switch
        {
            1 => References(pull, 2, new EnumerationAbortedException("moved")),
            2 or 3 => References(pull, 0, new EnumerationAbortedException("moved")),
            _ => References(pull, 3, null),
        };
        var refs = ReadToEndAsync(bench);
        bench.Connection.Worker(Ask(pollMs: 100, backoffMaxMs: 150));

        Assert.Equal([1L, 2, 3, 4, 5], (await AdvancingAsync(bench, refs, TimeSpan.FromMilliseconds(10))).Select(reference => reference.Sequence));
        Assert.Equal([0L, 2, 2, 2], bench.Run.Pulls.Select(pull => pull.After));
        Assert.All(bench.Run.Pulls, pull => Assert.Equal((true, 1, 3), (pull.KeepOpen, pull.ShareIndex, pull.ShareCount)));
        Assert.All(bench.Run.Pulls, pull => Assert.Equal(["a"], pull.Nodes));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Pull_OfARunThatNeverAnswers_IsNotTriedForEver()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();
        bench.Run.Pull = pull => References(pull, 0, new FlowException(FlowErrorCode.StoreUnavailable, "away"));
        var failure = bench.Connection.NextAsync();
        bench.Connection.Worker(Ask(pollMs: 300, backoffMaxMs: 4_000));

        var message = (await AdvancingAsync(bench, failure, TimeSpan.FromMilliseconds(100))).InputRefs;

        Assert.Equal((true, "store_unavailable"), (message.End, message.FailedReason));
        Assert.Equal(11, bench.Run.Pulls.Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Pull_ThatIsRefusedForGood_EndsAtOnce()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();
        bench.Run.Pull = pull => References(pull, 0, new FlowException(FlowErrorCode.BadInputArgs, "no such parent"));
        bench.Connection.Worker(Ask(pollMs: 0, backoffMaxMs: 0));

        Assert.Equal("bad_input_args", (await bench.Connection.NextAsync()).InputRefs.FailedReason);
        Assert.Single(bench.Run.Pulls);
    }

    private static WorkerMessage Ask(int pollMs, int backoffMaxMs) => new()
    {
        ReadInputs = new ReadInputs
        {
            ReaderId = 1, Lease = new Lease { TaskId = "run-1/delays/0", Epoch = 1 }, Credit = 100, Pull = true, Nodes = { "a" }, KeepOpen = true,
            ShareIndex = 1, ShareCount = 3, PollMs = pollMs, BackoffMaxMs = backoffMaxMs,
        },
    };

    private static async IAsyncEnumerable<ArtifactRef> References(InputPull pull, int count, Exception? failure, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var sequence = pull.After + 1; sequence <= pull.After + count; sequence++)
        {
            yield return new ArtifactRef { Node = "a", TaskIndex = 0, Index = (int)sequence, Rows = 1, Bytes = 1, Path = $"p{sequence}", Epoch = 1, Sequence = sequence };
        }

        await Task.Yield();
        if (failure is not null)
        {
            throw failure;
        }
    }

    private static async Task<List<InputRef>> ReadToEndAsync(SessionBench bench)
    {
        var refs = new List<InputRef>();
        while (true)
        {
            var message = (await bench.Connection.NextAsync()).InputRefs;
            refs.AddRange(message.Refs);
            if (message.End)
            {
                Assert.Equal("", message.FailedReason);
                return refs;
            }
        }
    }

    /// <summary>Moves time until something has happened.</summary>
    private static async Task<T> AdvancingAsync<T>(SessionBench bench, Task<T> happened, TimeSpan step)
    {
        while (!happened.IsCompleted)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            bench.Clock.Advance(step);
            await Task.Yield();
        }

        return await happened;
    }
}
