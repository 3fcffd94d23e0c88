using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Queries;
using static OrleansFlow.Tests.Worker.Queries.Plans;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>A worker without a silo, as its users know it.</summary>
public class StandaloneWorkerTests
{
    private const int TimeoutMs = 60_000;

    [Fact(Timeout = TimeoutMs)]
    public async Task PlanInTheTicket_OfABareClient_IsAnsweredAndLeavesNothing()
    {
        await using var node = await QueryNode.StartAsync();

        Assert.Equal(["1", "2", "3"], await QueryNode.RowsAsync(node.Open(Plan(Key(1), "SELECT i AS n FROM range(1, 4) AS r(i)"))));

        await WaitForNoTasksAsync(node);
        Assert.Equal(0, node.Service.Engines.SessionCount);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task PlanInTheTicket_IsSetByTheFirstReader_AndReadByTheOthers()
    {
        await using var node = await QueryNode.StartAsync();
        var plan = Plan(Key(1), "SELECT uuid()::VARCHAR AS c0", All(readers: 2));

        var first = await QueryNode.RowsAsync(node.Open(plan));
        var second = await QueryNode.RowsAsync(node.Open(plan));

        Assert.Equal(first, second);
        await WaitForNoTasksAsync(node);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task FailingPlanInTheTicket_TellsTheReader_AndTheWorkerServesOn()
    {
        await using var node = await QueryNode.StartAsync();

        var values = await QueryTasksTests.AssertFailsAsync(
            () => QueryNode.RowsAsync(node.Open(Plan(Key(1), "SELECT * FROM no_such_table"))), RpcStatusCode.InvalidArgument, "engine_error");

        Assert.Equal("Catalog", values["kind"]);
        Assert.Equal(["1"], await QueryNode.RowsAsync(node.Open(Plan(Key(1, query: "q-2"), "SELECT 1 AS c0"))));
        await WaitForNoTasksAsync(node);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task SessionBuilder_SeesHeadersAndOptions_AndAddsViews()
    {
        var worker = QueryWorker.FromSessionBuilder(async (context, token) =>
        {
            await context.AddViewAsync("who", $"SELECT {EngineText.Literal(context.Headers["tenant"])} AS name, {EngineText.Literal(context.Config["colour"])} AS colour", token);
            await context.SetAsync("default_null_order", "nulls_first", token);
        });
        await using var node = await QueryNode.StartAsync(options => options.ConfigOptions.Add("colour"), worker);
        var plan = Plan(Key(1), "SELECT name, colour, current_setting('default_null_order') AS n FROM who");
        plan.Headers["tenant"] = "acme";
        RpcMetadata metadata = [];
        metadata.Add("x-orleansflow-config-colour", "blue");
        metadata.Add("x-orleansflow-header-tenant", "the plan says it already");

        var rows = await QueryNode.RowsAsync(node.Open(plan, metadata));

        Assert.StartsWith("acme|blue|", Assert.Single(rows), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("nulls_first", rows[0], StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task SessionBuilder_ThatThrows_FailsItsPlanOnly()
    {
        await using var node = await QueryNode.StartAsync(services: services => services.AddSingleton<IWorkerSessionBuilder, Doorkeeper>());
        var plan = Plan(Key(1), "SELECT 1 AS c0");
        plan.Headers["door"] = "closed";

        await QueryTasksTests.AssertFailsAsync(() => QueryNode.RowsAsync(node.Open(plan)), RpcStatusCode.Unauthenticated, "unauthenticated");
        Assert.Equal(["1"], await QueryNode.RowsAsync(node.Open(Plan(Key(1, query: "q-2"), "SELECT 1 AS c0"))));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task SessionBuilder_AttachesADatabase_ForEveryPlan()
    {
        var folder = Directory.CreateTempSubdirectory("shop-").FullName;
        try
        {
            var database = Path.Combine(folder, "shop.db");
            await using (var engine = await EngineInstance.OpenAsync(new EngineOptions { DatabasePath = database }, TestContext.Current.CancellationToken))
            {
                await using var session = engine.OpenSession();
                await session.ExecuteAsync("CREATE TABLE sales AS SELECT i % 3 AS tenant, i AS amount FROM range(9) AS r(i)", null, TestContext.Current.CancellationToken);
            }

            await using var node = await QueryNode.StartAsync(worker: Sales.Worker(database));
            foreach (var tenant in (int[])[1, 2])
            {
                var plan = Plan(Key(1, query: FormattableString.Invariant($"q-{tenant}")), "SELECT sum(amount) AS c0 FROM sales");
                plan.Headers["tenant"] = FormattableString.Invariant($"{tenant}");
                Assert.Equal([FormattableString.Invariant($"{9 + (tenant * 3)}")], await QueryNode.RowsAsync(node.Open(plan)));
            }

            await QueryTasksTests.AssertFailsAsync(
                () => QueryNode.RowsAsync(node.Open(Plan(Key(1, query: "q-3"), "SELECT 1 AS c0"))), RpcStatusCode.InvalidArgument, "bad_input");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task CustomNode_IsReadFromTheFirstCodecThatKnowsIt()
    {
        await using var node = await QueryNode.StartAsync(worker: QueryWorker.Default().WithCodec(new Deaf()).WithCodec(new Letters()));
        var plan = Plan(Key(1), "SELECT letter FROM n ORDER BY letter DESC");
        plan.Scans.Add(new TaskScan { Name = "n", Node = new CustomNode { Codec = "letters", Body = ByteString.CopyFromUtf8("acb") } });

        Assert.Equal(["c", "b", "a"], await QueryNode.RowsAsync(node.Open(plan)));

        var unknown = Plan(Key(1, query: "q-2"), "SELECT * FROM n");
        unknown.Scans.Add(new TaskScan { Name = "n", Node = new CustomNode { Codec = "numbers" } });
        await QueryTasksTests.AssertFailsAsync(() => QueryNode.RowsAsync(node.Open(unknown)), RpcStatusCode.Unimplemented, "unsupported");
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task FlightSource_IsReadPartByPart()
    {
        await using var a = await QueryNode.StartAsync();
        await using var b = await QueryNode.StartAsync();
        FlightPart Part(string query, string sql) =>
            new() { Location = a.Location, Ticket = UnsafeByteOperations.UnsafeWrap(QueryTickets.Of(new TaskTicket { Plan = Plan(Key(1, query: query), sql, All(readers: 2)) }).Bytes) };
        var plan = Plan(Key(1), "SELECT sum(n) AS c0 FROM f");
        plan.Scans.Add(new TaskScan { Name = "f", Flight = new FlightSource { Parts = { Part("p-1", "SELECT 1 AS n"), Part("p-2", "SELECT 41 AS n") } } });

        Assert.Equal(["42"], await QueryNode.RowsAsync(b.Open(plan)));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task WorkerInfo_TellsWhatTheWorkerIs()
    {
        await using var node = await QueryNode.StartAsync(
            options => options.ConfigOptions.Add("colour"), QueryWorker.Default().WithVersion("7.1").WithCodec(new Letters()));

        var info = await node.ActAsync(QueryActions.WorkerInfo, new WorkerInfoRequest(), WorkerInfo.Parser);

        Assert.Equal(("7.1", "test-worker", 2, 0), (info.Version, info.WorkerId, info.Cores, info.RunningTasks));
        Assert.Equal(EngineInstance.LibraryVersion, info.EngineVersion);
        Assert.Equal(["letters"], info.Codecs);
        Assert.Equal(["colour"], info.ConfigOptions);
        Assert.True(info.MemoryLimitBytes > 0);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task WorkerInfo_TellsWhatIsKept_UntilTheQueryIsCancelled()
    {
        await using var node = await QueryNode.StartAsync();
        await node.SetAsync(Plan(Key(1), "SELECT i AS c0 FROM range(1000) AS r(i)", All(isMaterialized: true)));
        Assert.Equal(1_000, (await QueryNode.RowsAsync(node.Open(Range(Key(1))))).Count);

        var kept = await node.ActAsync(QueryActions.WorkerInfo, new WorkerInfoRequest(), WorkerInfo.Parser);
        await node.CancelAsync(Query);
        var left = await node.ActAsync(QueryActions.WorkerInfo, new WorkerInfoRequest(), WorkerInfo.Parser);

        Assert.Equal(1, kept.KeptTasks);
        Assert.True(kept.KeptBytes >= 8_000, $"{kept.KeptBytes} bytes");
        Assert.Equal((0, 0, 0L), (left.RunningTasks, left.KeptTasks, left.KeptBytes));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData((1L << 50) + 1)]
    public async Task SpillLimit_OutOfItsRange_IsRefusedWithTheOption(long bytes)
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => QueryNode.StartAsync(options => options.EngineSpillBytesMax = bytes));

        Assert.Contains("OrleansFlow:Worker:Queries:EngineSpillBytesMax", refused.Message, StringComparison.Ordinal);
    }

    private static async Task WaitForNoTasksAsync(QueryNode node)
    {
        // The last reader's end is seen by the worker a moment after the reader sees it.
        while (node.Tasks.TaskCount > 0)
        {
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private sealed class Doorkeeper : IWorkerSessionBuilder
    {
        public Task BuildAsync(WorkerQueryContext context, CancellationToken cancellationToken) => context.Headers.ContainsKey("door")
            ? throw new FlowException(FlowErrorCode.Unauthenticated, "The door is closed.")
            : Task.CompletedTask;
    }

    private sealed class Deaf : IPlanCodec
    {
        public string Name => "deaf";

        public ValueTask<PlanNodeRows?> TryDecodeAsync(string node, ReadOnlyMemory<byte> body, WorkerQueryContext context, CancellationToken cancellationToken) => default;
    }
}
