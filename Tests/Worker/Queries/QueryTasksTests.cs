using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using static OrleansFlow.Tests.Worker.Queries.Plans;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>Plans, readers, attempts and failures of tasks on a worker.</summary>
public class QueryTasksTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Reader_ThatComesBeforeThePlan_Waits()
    {
        await using var node = await QueryNode.StartAsync();
        var reading = node.ReadAsync(Range(Key(1)));
        await using var watch = node.WatchAsync(Query).GetAsyncEnumerator(Token);
        var report = watch.MoveNextAsync();

        await node.SetAsync(Plan(Key(1), "SELECT 42 AS c0"));

        Assert.Equal(["42"], await reading);
        Assert.True(await report);
        Assert.Equal(Key(1), watch.Current.Key);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Reader_WhosePlanNeverComes_GetsNotFoundAfterTheWait()
    {
        var clock = new ManualTimeProvider();
        await using var node = await QueryNode.StartAsync(clock: clock);
        var timers = clock.ArmedTimerCount;
        var reading = node.Tasks.OpenAsync(Range(Key(1)), Token);
        Assert.True(clock.ArmedTimerCount > timers);
        clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(reading.IsCompleted);

        clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => reading)).Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Plan_SetTwice_IsRefused_AndNothingOfTheCallIsSet()
    {
        await using var node = await QueryNode.StartAsync();
        await node.SetAsync(Plan(Key(1), "SELECT 1 AS c0"));

        await AssertFailsAsync(() => node.SetAsync(Plan(Key(2), "SELECT 2 AS c0"), Plan(Key(1), "SELECT 1 AS c0")), RpcStatusCode.AlreadyExists, "already_exists");

        Assert.Equal(1, node.Tasks.TaskCount);
        Assert.Equal(["1"], await node.ReadAsync(Range(Key(1))));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task FailingText_ReachesEveryReaderDownTheLine_WithCodeAndKind()
    {
        await using var a = await QueryNode.StartAsync();
        await using var b = await QueryNode.StartAsync();
        await a.SetAsync(Plan(Key(1), "SELECT CAST('x' || i AS INTEGER) AS c0 FROM range(3) AS r(i)", All(readers: 2)));
        var next = Plan(Key(2), "SELECT c0 FROM i");
        next.Inputs.Add(Input("i", ["INTEGER"], (a.Location, Range(Key(1)))));
        await b.SetAsync(next);

        var direct = await AssertFailsAsync(() => a.ReadAsync(Range(Key(1))), RpcStatusCode.InvalidArgument, "engine_error");
        var passed = await AssertFailsAsync(() => b.ReadAsync(Range(Key(2))), RpcStatusCode.InvalidArgument, "engine_error");
        var report = await b.WaitForAsync(Query, report => report.State == TaskReport.Types.State.Failed);

        Assert.Equal("Conversion", direct["kind"]);
        Assert.Equal("q-1/1/0/1", direct["task"]);
        Assert.Equal(direct, passed);
        Assert.Equal(("engine_error", "Conversion"), (report.Failure.Code, report.Failure.Kind));
        Assert.Contains("x0", report.Failure.Message, StringComparison.Ordinal);
        Assert.Null(report.Failure.Lost);
        Assert.Equal(0, b.Service.Engines.SessionCount);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task PeerThatIsGone_IsReportedAsLost()
    {
        await using var a = await QueryNode.StartAsync();
        var gone = await QueryNode.StartAsync();
        var location = gone.Location;
        await gone.DisposeAsync();
        var task = Plan(Key(2, 3), "SELECT c0 FROM i");
        task.Inputs.Add(Input("i", ["INTEGER"], (location, Range(Key(1, 7)))));
        await a.SetAsync(task);

        var values = await AssertFailsAsync(() => a.ReadAsync(Range(Key(2, 3))), RpcStatusCode.Unavailable, "worker_lost");
        var report = await a.WaitForAsync(Query, report => report.State == TaskReport.Types.State.Failed);

        Assert.Equal("q-1/1/7/1", values["lost"]);
        Assert.Equal(Key(1, 7), report.Failure.Lost);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task PeerThatEndsInTheMiddle_IsReportedAsLost()
    {
        await using var a = await QueryNode.StartAsync();
        var b = await QueryNode.StartAsync(options => options.OutputBudgetBytes = 1);
        await b.SetAsync(Plan(Key(1), "SELECT i AS c0, repeat('x', 100) AS c1 FROM range(100000000) AS r(i)"));
        var task = Plan(Key(2), "SELECT c0 FROM i");
        task.Inputs.Add(Input("i", ["BIGINT", "VARCHAR"], (b.Location, Range(Key(1)))));
        await a.SetAsync(task);
        await a.WaitForAsync(Query, report => report.Metrics.RowsIn > 0);

        await b.DisposeAsync();
        var report = await a.WaitForAsync(Query, report => report.State == TaskReport.Types.State.Failed);

        Assert.Equal(Key(1), report.Failure.Lost);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task PartitionThatWasReadAlready_IsReportedAsLost()
    {
        await using var a = await QueryNode.StartAsync();
        await a.SetAsync(Plan(Key(1), "SELECT 1 AS c0"));
        Assert.Equal(["1"], await a.ReadAsync(Range(Key(1))));
        var task = Plan(Key(2), "SELECT c0 FROM i");
        task.Inputs.Add(Input("i", ["INTEGER"], (a.Location, Range(Key(1)))));
        await a.SetAsync(task);

        var values = await AssertFailsAsync(() => a.ReadAsync(Range(Key(2))), RpcStatusCode.FailedPrecondition, "already_ended");
        Assert.Equal("q-1/1/0/1", values["lost"]);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Cancel_WhileRowsStream_LeavesNothing()
    {
        await using var a = await QueryNode.StartAsync(options => (options.MaterializedMemoryBytes, options.OutputBudgetBytes) = (0, 1_000_000));
        await using var b = await QueryNode.StartAsync();
        await a.SetAsync(
            Plan(Key(1), "SELECT i AS c0 FROM range(1000000000000) AS r(i)", All()),
            Plan(Key(2), "SELECT i AS c0 FROM range(1000000000000) AS r(i)", All(isMaterialized: true)));
        var task = Plan(Key(3), "SELECT c0 FROM i UNION ALL SELECT c0 FROM j");
        task.Inputs.Add(Input("i", ["BIGINT"], (a.Location, Range(Key(1)))));
        task.Inputs.Add(Input("j", ["BIGINT"], (a.Location, Range(Key(2)))));
        await b.SetAsync(task);
        await using var reading = b.Open(Range(Key(3))).GetAsyncEnumerator(Token);
        Assert.True(await reading.MoveNextAsync());
        reading.Current.Dispose();
        await a.WaitForAsync(Query, report => report.Metrics.SpilledBytes > 0);

        Assert.Equal(2, await a.CancelAsync(Query));
        Assert.Equal(1, await b.CancelAsync(Query));

        foreach (var node in (QueryNode[])[a, b])
        {
            Assert.Equal((0, 0, 0), (node.Tasks.RunningCount, node.Tasks.TaskCount, node.Service.Engines.SessionCount));
            Assert.Empty(node.SpillFiles());
            Assert.Equal(0, node.Service.Outputs.Memory.Bytes);
        }

        await AssertFailsAsync(() => ReadOnAsync(reading), RpcStatusCode.Cancelled, "cancelled");
        await AssertFailsAsync(() => a.SetAsync(Plan(Key(4), "SELECT 1 AS c0")), RpcStatusCode.Cancelled, "cancelled");
        Assert.Equal(0, await a.CancelAsync("never-heard-of"));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Watch_ReportsTheEndOfATask_AndEndsWithTheQuery()
    {
        await using var node = await QueryNode.StartAsync();
        var scan = Plan(Key(1), "SELECT k, v FROM t", Hash(3, 0));
        scan.Scans.Add(Scan(0, 1));
        await node.SetAsync(scan);
        var finished = await node.WaitForAsync(Query, report => report.State == TaskReport.Types.State.Finished);
        var watching = node.WatchAsync(Query).GetAsyncEnumerator(Token);
        Assert.True(await watching.MoveNextAsync());

        await node.CancelAsync(Query);

        Assert.False(await watching.MoveNextAsync());
        Assert.Equal(20_000, finished.Metrics.RowsOut);
        Assert.Equal(3, finished.Metrics.PartitionRows.Count);
        Assert.Equal(20_000, finished.Metrics.PartitionRows.Sum());
        Assert.Equal(finished.Metrics.BytesOut, finished.Metrics.PartitionBytes.Sum());
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Reader_ThatLeavesEarly_EndsTheTask()
    {
        await using var node = await QueryNode.StartAsync(options => options.OutputBudgetBytes = 1);
        await node.SetAsync(Plan(Key(1), "SELECT i AS c0 FROM range(1000000000000) AS r(i)"));
        var reading = node.Open(Range(Key(1))).GetAsyncEnumerator(Token);
        Assert.True(await reading.MoveNextAsync());
        reading.Current.Dispose();

        await reading.DisposeAsync();
        var report = await node.WaitForAsync(Query, report => report.State == TaskReport.Types.State.Cancelled);

        Assert.True(report.Metrics.RowsOut > 0);
        Assert.Equal(0, node.Tasks.RunningCount);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task TimeLimit_EndsTheTask()
    {
        var clock = new ManualTimeProvider();
        await using var node = await QueryNode.StartAsync(clock: clock);
        var plan = Plan(Key(1), "SELECT max(i * j) AS c0 FROM range(10000000) AS r(i), range(10000000) AS s(j)");
        plan.TimeLimit = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMinutes(1));
        await node.SetAsync(plan);
        var reading = node.ReadAsync(Range(Key(1)));

        clock.Advance(TimeSpan.FromMinutes(1));

        await AssertFailsAsync(() => reading, RpcStatusCode.DeadlineExceeded, "deadline_exceeded");
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Query_ThatNobodyAsksFor_IsCancelledAfterItsTime()
    {
        var clock = new ManualTimeProvider();
        await using var node = await QueryNode.StartAsync(clock: clock);
        await node.SetAsync(Plan(Key(1), "SELECT 1 AS c0", All(isMaterialized: true)));
        await using (var watch = node.WatchAsync(Query).GetAsyncEnumerator(Token))
        {
            while (await watch.MoveNextAsync() && watch.Current.State != TaskReport.Types.State.Finished)
            {
            }
        }

        // When the worker hears that the watcher has left is its affair.
        while (node.Tasks.TaskCount > 0)
        {
            clock.Advance(TimeSpan.FromMinutes(15) / 4);
            await Task.Yield();
            Token.ThrowIfCancellationRequested();
        }

        await AssertFailsAsync(() => node.ReadAsync(Range(Key(1))), RpcStatusCode.Cancelled, "cancelled");
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task WrongPlans_AreRefusedWithEveryFault()
    {
        await using var node = await QueryNode.StartAsync();
        var plan = Plan(Key(1, attempt: 0), "", new TaskOutput { PartitionCount = 0 }, new TaskOutput { PartitionCount = 2, Dealing = TaskOutput.Types.Dealing.Hash });
        var failure = await Assert.ThrowsAsync<RpcException>(() => node.SetAsync(plan));
        foreach (var part in (string[])["attempt 0", "sql is empty", "outputs[0].partition_count is 0", "outputs[1].keys"])
        {
            Assert.Contains(part, failure.Message, StringComparison.Ordinal);
        }

        var needy = Plan(Key(1), "SELECT my_function(1) AS c0");
        needy.Functions.Add("my_function");
        await AssertFailsAsync(() => node.SetAsync(needy), RpcStatusCode.Unimplemented, "unsupported");
    }

    internal static async Task<IDictionary<string, string>> AssertFailsAsync(Func<Task> call, RpcStatusCode code, string reason)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(RpcStatusDetails.TryGetErrorInfo(failure.Status, out var info), failure.Message);
        Assert.Equal((code, reason), (failure.Code, info.Reason));
        return info.Metadata;
    }

    private static async Task ReadOnAsync(IAsyncEnumerator<RecordBatch> reading)
    {
        while (await reading.MoveNextAsync())
        {
            reading.Current.Dispose();
        }
    }
}
