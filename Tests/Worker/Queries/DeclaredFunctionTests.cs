using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Queries;
using static OrleansFlow.Tests.Worker.Queries.Plans;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>Goal: a worker has the functions that it was told of, says so, and refuses plans that need others.</summary>
public sealed class DeclaredFunctionTests
{
    private const int TimeoutMs = 60_000;

    private static readonly QueryExtensions Declared = QueryExtensions.None
        .WithFunctions(
            EngineFunction.Scalar<long, long>("twice", value => value == 13 ? throw new InvalidDataException("13 brings bad luck") : value * 2),
            EngineFunction.Scalar<long, string>("tenant_of", _ => "nobody"))
        .WithConfigOption("colour");

    [Fact(Timeout = TimeoutMs)]
    public async Task Function_ThatWasDeclared_IsCalledByTasks()
    {
        await using var node = await QueryNode.StartAsync(services: services => services.AddQueryExtensions(Declared));

        Assert.Equal(["42"], await QueryNode.RowsAsync(node.Open(Needing("SELECT twice(21) AS c0", "twice"))));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Function_ThatThrows_FailsItsPlanByNameAndNoOther()
    {
        await using var node = await QueryNode.StartAsync(worker: QueryWorker.Default().With(Declared));

        var failure = await Assert.ThrowsAsync<RpcException>(() => QueryNode.RowsAsync(node.Open(Needing("SELECT sum(twice(i)) AS c0 FROM range(20) AS r(i)", "twice"))));
        Assert.True(RpcStatusDetails.TryGetErrorInfo(failure.Status, out var info));
        Assert.Equal("engine_error", info.Reason);
        Assert.Contains("Function 'twice' failed: 13 brings bad luck", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["42"], await QueryNode.RowsAsync(node.Open(Needing("SELECT twice(21) AS c0", "twice", "q-2"))));
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Function_ThatIsNotThere_IsNamedWithTheWorker(bool hasBuilder)
    {
        var worker = hasBuilder ? QueryWorker.FromSessionBuilder((_, _) => Task.CompletedTask) : QueryWorker.Default();
        await using var node = await QueryNode.StartAsync(worker: worker.With(Declared));

        var failure = await Assert.ThrowsAsync<RpcException>(() => QueryNode.RowsAsync(node.Open(Needing("SELECT thrice(14) AS c0", "thrice"))));
        Assert.True(RpcStatusDetails.TryGetErrorInfo(failure.Status, out var info));
        Assert.Equal((RpcStatusCode.Unimplemented, "unsupported"), (failure.Code, info.Reason));
        Assert.Contains("'thrice'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'test-worker'", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task SessionBuilder_AddsFunctionsOfItsPlanAlone()
    {
        var worker = QueryWorker.FromSessionBuilder(async (context, token) =>
        {
            if (context.Headers.TryGetValue("tenant", out var tenant))
            {
                await context.AddFunctionsAsync([EngineFunction.Scalar<long, string>("tenant_of", _ => tenant), EngineFunction.Scalar<long, long>("thrice", value => value * 3)], token);
            }
        });
        await using var node = await QueryNode.StartAsync(worker: worker.With(Declared));
        foreach (var tenant in (string[])["blue", "red"])
        {
            var plan = Needing("SELECT tenant_of(1) AS c0, thrice(14) AS c1", "thrice", tenant);
            plan.Headers["tenant"] = tenant;
            Assert.Equal([tenant + "|42"], await QueryNode.RowsAsync(node.Open(plan)));
        }

        Assert.Equal(["nobody"], await QueryNode.RowsAsync(node.Open(Needing("SELECT tenant_of(1) AS c0", "tenant_of"))));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task SessionBuilder_KeepsSecretsInTheirSession()
    {
        var worker = QueryWorker.FromSessionBuilder((context, token) => context.ExecuteAsync(
            $"SET VARIABLE api_key = '{context.Headers.GetValueOrDefault("key", "none")}'", token));
        await using var node = await QueryNode.StartAsync(worker: worker);
        foreach (var key in (string[])["k1", "k2"])
        {
            var plan = Plan(Key(1, query: key), "SELECT getvariable('api_key') AS c0");
            plan.Headers["key"] = key;
            Assert.Equal([key], await QueryNode.RowsAsync(node.Open(plan)));
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task WorkerInfo_NamesWhatWasDeclared()
    {
        await using var node = await QueryNode.StartAsync(
            options => options.ConfigOptions.Add("size"), QueryWorker.Default().With(Declared.WithCodec(new Letters())).WithVersion("7.2"));

        var info = await node.ActAsync(QueryActions.WorkerInfo, new WorkerInfoRequest(), WorkerInfo.Parser);

        Assert.Equal("7.2", info.Version);
        Assert.Equal(["tenant_of", "twice"], info.Functions);
        Assert.Equal(["letters"], info.Codecs);
        Assert.Equal(["colour", "size"], info.ConfigOptions);
    }

    [Fact]
    public void Declaration_WithTwoThingsOfOneName_IsRefused()
    {
        var wrong = Declared.WithNode(new OrleansFlow.Sql.Planning.CallFunction("Twice", [], _ => throw new InvalidOperationException()));

        Assert.Contains("'Twice'", Assert.Throws<ArgumentException>(() => new ServiceCollection().AddQueryExtensions(wrong)).Message, StringComparison.Ordinal);
    }

    private static TaskPlan Needing(string sql, string function, string query = Query)
    {
        var plan = Plan(Key(1, query: query), sql);
        plan.Functions.Add(function);
        return plan;
    }
}
