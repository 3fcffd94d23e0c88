using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Goal: a message that makes no sense ends the session that sent it, says why, and stops nothing else. Method: workers by hand, over real gRPC.</summary>
public sealed class MalformedMessageTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData("outcome of no kind")]
    [InlineData("lease of no task")]
    [InlineData("second registration")]
    public async Task MalformedMessage_EndsItsOwnSession_AndItsTaskIsDoneByAnother(string kind)
    {
        await using var silo = await RunningSilo.StartAsync(options =>
        {
            options.WorkerSlots = 0;
            options.ConfigureLeases = leases => leases.ReconnectGrace = TimeSpan.Zero;
        });
        await using var faulty = await HandWorker.RegisterAsync(silo, "faulty");
        await using var other = await HandWorker.RegisterAsync(silo, "other");
        var tasks = await silo.Client.SubmitTasksAsync(
            [(default, new TaskSubmission { Role = HandWorker.Role }), (default, new TaskSubmission { Role = HandWorker.Role })], allowUnknownRoles: true, CancellationToken);
        var lost = (await faulty.OfferAsync()).Lease;
        var kept = (await other.OfferAsync()).Lease;

        await faulty.SendAsync(Malformed(kind, lost));

        var refusal = await Assert.ThrowsAsync<RpcException>(() => faulty.NextAsync(message => message.Drain));
        Assert.True(RpcStatusDetails.TryGetErrorInfo(refusal.Status, out var info));
        Assert.Equal(FlowErrorKind.Of(FlowErrorCode.BadInput).Wire, info.Reason);
        Assert.True((await other.CompleteAsync(kept)).Accepted);
        var again = (await other.OfferAsync()).Lease;
        Assert.Equal((lost.TaskId, 2L), (again.TaskId, again.Epoch));
        Assert.True((await other.CompleteAsync(again)).Accepted);
        Assert.Equivalent(tasks.Select(task => task.Value), new[] { kept.TaskId, lost.TaskId });

        // Whoever runs the worker has mended it: its id is free.
        await using var mended = await HandWorker.RegisterAsync(silo, "faulty");
        await mended.HeartbeatAsync();
    }

    private static WorkerMessage Malformed(string kind, Lease lease) => kind switch
    {
        "outcome of no kind" => new WorkerMessage { Outcomes = new Outcomes { Outcomes_ = { new Outcome { Lease = lease } } } },
        "lease of no task" => new WorkerMessage { Outcomes = new Outcomes { Outcomes_ = { new Outcome { Lease = new Lease { TaskId = "a//b", Epoch = 1 }, Kind = Outcome.Types.Kind.Completed } } } },
        _ => new WorkerMessage { Register = new Register { WorkerId = "faulty", Slots = 1, Roles = { HandWorker.Role } } },
    };
}
