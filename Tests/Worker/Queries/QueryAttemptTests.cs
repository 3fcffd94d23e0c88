using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Queries;
using static OrleansFlow.Tests.Worker.Queries.Plans;
using static OrleansFlow.Tests.Worker.Queries.QueryTasksTests;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>Several attempts of one task on a worker.</summary>
public class QueryAttemptTests
{
    private const int TimeoutMs = 60_000;

    [Fact(Timeout = TimeoutMs)]
    public async Task OlderAttempt_IsRefused_AndALaterOneReplacesIt()
    {
        await using var node = await QueryNode.StartAsync();
        await node.SetAsync(Plan(Key(1), "SELECT 1 AS c0", All(isMaterialized: true)));
        Assert.Equal(["1"], await node.ReadAsync(Range(Key(1))));

        await node.SetAsync(Plan(Key(1, attempt: 2), "SELECT 2 AS c0"));

        await AssertFailsAsync(() => node.ReadAsync(Range(Key(1))), RpcStatusCode.Aborted, "lease_lost");
        await AssertFailsAsync(() => node.SetAsync(Plan(Key(1), "SELECT 1 AS c0")), RpcStatusCode.Aborted, "lease_lost");
        Assert.Equal(["2"], await node.ReadAsync(Range(Key(1, attempt: 2))));
        Assert.Equal(1, node.Tasks.TaskCount);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Attempts_ThatAreStopped_LetGoOfWhatTheyKept_AndTheirQueryGoesOn()
    {
        await using var node = await QueryNode.StartAsync(options => options.MaterializedMemoryBytes = 0);
        await node.SetAsync(
            Plan(Key(1), "SELECT i AS c0 FROM range(100000) AS r(i)", All(isMaterialized: true)),
            Plan(Key(2), "SELECT sum(a.i * b.i) AS c0 FROM range(10000000) AS a(i), range(10000000) AS b(i)"),
            Plan(Key(3), "SELECT 3 AS c0"));
        await node.WaitForAsync(Query, report => report.Key.Stage == 1 && report.State == TaskReport.Types.State.Finished);
        Assert.NotEmpty(node.SpillFiles());

        // The second attempt of the third task is not there: that one stays as it is.
        await node.ActAsync(QueryActions.StopTasks, new StopTasksRequest { Tasks = { Key(1), Key(2), Key(3, attempt: 2), Key(4) }, Reason = "The test says so." }, StopTasksResponse.Parser);

        Assert.Empty(node.SpillFiles());
        await AssertFailsAsync(() => node.ReadAsync(Range(Key(1))), RpcStatusCode.Cancelled, "cancelled");
        await AssertFailsAsync(() => node.ReadAsync(Range(Key(2))), RpcStatusCode.Cancelled, "cancelled");
        Assert.Equal(["3"], await node.ReadAsync(Range(Key(3))));
        await node.SetAsync(Plan(Key(1, attempt: 2), "SELECT 1 AS c0"));
        Assert.Equal(["1"], await node.ReadAsync(Range(Key(1, attempt: 2))));
        Assert.Equal(0, node.Service.Engines.SessionCount);
    }
}
