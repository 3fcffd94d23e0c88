using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Goal: a run of 100 000 tasks can be looked at by messages that do not grow with it.</summary>
public sealed class LargeRunTests
{
    private const int TaskCount = 100_000;
    private const int MessageBytesMax = 1_000;
    private const string Document = """{"name":"large","nodes":[{"id":"a","role":"nobody","tasks":99999},{"id":"b","role":"nobody","depends_on":["a"]}]}""";

    private static readonly RpcMethod<GetRunRequest, Run> GetRun = RpcMethod.Protobuf<GetRunRequest, Run>(RpcMethodKind.Unary, "orleansflow.v1.Flow", "GetRun");

    private static readonly RpcMethod<ListTasksRequest, ListTasksResponse> ListTasks =
        RpcMethod.Protobuf<ListTasksRequest, ListTasksResponse>(RpcMethodKind.Unary, "orleansflow.v1.Flow", "ListTasks");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task RunOf100000Tasks_IsShownByCountsAndItsTasksInPages()
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        var run = await silo.Client.SubmitGraphAsync(Document, new SubmitOptions { AllowUnknownRoles = true }, Cancellation);

        var shown = await silo.Channel.UnaryAsync(GetRun, new GetRunRequest { RunId = run.Value }, new RpcCallOptions(CancellationToken: Cancellation));
        Assert.InRange(shown.CalculateSize(), 1, MessageBytesMax);
        Assert.Equal((TaskCount - 1, TaskCount - 1, 0, 1), (shown.Nodes[0].TaskCount, shown.Nodes[0].TasksReady, shown.Nodes[1].TasksReady, shown.Nodes[1].TaskCount));
        await using (var changes = silo.Client.WatchRunAsync(run, Cancellation).GetAsyncEnumerator(Cancellation))
        {
            Assert.True(await changes.MoveNextAsync());
            var snapshot = Assert.IsType<RunChange.Snapshot>(changes.Current).Run;
            Assert.Equal((TaskCount - 1, 0), (snapshot.Nodes[0].TaskCount, snapshot.Nodes[0].Tasks.Count));
        }

        var tasks = await silo.Client.ListTasksAsync(run, cancellationToken: Cancellation).Select(task => task.TaskId.Value).ToListAsync(Cancellation);
        Assert.Equal((TaskCount, TaskCount), (tasks.Count, tasks.Distinct().Count()));
        Assert.Equal(($"{run}/a/0", $"{run}/b/0"), (tasks[0], tasks[^1]));
        Assert.Single(await silo.Client.ListTasksAsync(run, "b", Cancellation).ToListAsync(Cancellation));
    }

    [Fact(Timeout = 120_000)]
    public async Task RunOf2500Nodes_IsShownByCountsAndItsNodesInPages()
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        var nodes = Enumerable.Range(0, 2_500).Select(node => $$"""{"id":"n{{node}}","role":"nobody"}""");
        var run = await silo.Client.SubmitGraphAsync(
            $$"""{"name":"wide","nodes":[{{string.Join(',', nodes)}}]}""", new SubmitOptions { AllowUnknownRoles = true }, Cancellation);

        var shown = await silo.Client.GetRunAsync(run, Cancellation);
        Assert.Equal((2_500, 0, 2_500), (shown.NodeCount, shown.Nodes.Count, Assert.Single(shown.NodeStates, count => count.Status == RunStatus.Pending).Nodes));
        var listed = await silo.Client.ListNodesAsync(run, cancellationToken: Cancellation).Select(node => node.NodeId).ToListAsync(Cancellation);
        Assert.Equal(Enumerable.Range(0, 2_500).Select(node => $"n{node}"), listed);

        var waiting = silo.Client.WaitForRunAsync(run, Cancellation);
        await silo.Client.CancelRunAsync(run, "enough", Cancellation);
        var ended = await waiting;
        Assert.Equal((RunStatus.Cancelled, 2_500), (ended.Status, Assert.Single(ended.NodeStates, count => count.Status == RunStatus.Cancelled).Nodes));
        Assert.Empty(await silo.Client.ListNodesAsync(run, [RunStatus.Pending], Cancellation).ToListAsync(Cancellation));
    }

    [Theory]
    [InlineData("", "nowhere", 0, "", RpcStatusCode.NotFound)]
    [InlineData("unknown", "", 0, "", RpcStatusCode.NotFound)]
    [InlineData("", "", 1_001, "", RpcStatusCode.InvalidArgument)]
    [InlineData("", "", -1, "", RpcStatusCode.InvalidArgument)]
    [InlineData("", "", 1, "-1", RpcStatusCode.InvalidArgument)]
    public async Task ListTasks_OfWhatIsNotThere_IsRefused(string otherRun, string node, int pageSize, string token, RpcStatusCode code)
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        var run = await silo.Client.SubmitGraphAsync(Document, new SubmitOptions { AllowUnknownRoles = true }, Cancellation);
        var request = new ListTasksRequest { RunId = otherRun.Length > 0 ? otherRun : run.Value, NodeId = node, PageSize = pageSize, PageToken = token };

        var failure = await Assert.ThrowsAsync<RpcException>(() => silo.Channel.UnaryAsync(ListTasks, request, new RpcCallOptions(CancellationToken: Cancellation)));

        Assert.Equal(code, failure.Code);
    }
}
