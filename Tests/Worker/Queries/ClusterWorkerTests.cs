using System.Security.Cryptography;
using Google.Protobuf;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Worker.Data;
using OrleansFlow.Worker.Queries;
using static OrleansFlow.Tests.Worker.Queries.Plans;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>The data endpoint of a cluster's worker serves tasks of queries beside artifacts, to whoever shows the query's token.</summary>
public class ClusterWorkerTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Query_WithItsToken_IsServed_BesideArtifacts()
    {
        await using var server = await DataServer.StartAsync(takesQueries: true);

        Assert.Equal(["7"], await ReadAsync(server, Plan(Key(1), "SELECT 7 AS c0"), server.Sign(Query, "query")));
        Assert.Equal(4, (await QueryNode.RowsAsync(server.Flight.DoGet(server.Ticket(), new RpcCallOptions(CancellationToken: Token)))).Count);
        var actions = new List<string>();
        await foreach (var type in server.Flight.ListActionsAsync(new RpcCallOptions(CancellationToken: Token)))
        {
            actions.Add(type.Type);
        }

        Assert.Contains(QueryActions.SetPlans, actions);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Query_WithoutItsToken_IsRefused()
    {
        await using var server = await DataServer.StartAsync(takesQueries: true);
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var plan = Plan(Key(1), "SELECT 7 AS c0");
        foreach (var token in (string?[])[null, server.Sign("q-2", "query"), server.Sign(Query, "ticket"), server.Sign(Query, "query", foreign)])
        {
            await QueryTasksTests.AssertFailsAsync(() => ReadAsync(server, plan, token), RpcStatusCode.Unauthenticated, "unauthenticated");
            await QueryTasksTests.AssertFailsAsync(
                () => ActAsync(server, QueryActions.SetPlans, new SetPlansRequest { Plans = { plan } }, token), RpcStatusCode.Unauthenticated, "unauthenticated");
            await QueryTasksTests.AssertFailsAsync(
                () => ActAsync(server, QueryActions.Cancel, new CancelQueryRequest { QueryId = Query }, token), RpcStatusCode.Unauthenticated, "unauthenticated");
        }

        var good = server.Sign(Query, "query");
        server.Clock.Advance(TimeSpan.FromHours(1));
        await QueryTasksTests.AssertFailsAsync(() => ReadAsync(server, plan, good), RpcStatusCode.Unauthenticated, "unauthenticated");
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Worker_ShowsTheQuerysToken_ToItsPeers()
    {
        await using var a = await DataServer.StartAsync(takesQueries: true);
        await using var b = await DataServer.StartAsync(takesQueries: true, key: a.Key);
        var token = a.Sign(Query, "query");
        await ActAsync(a, QueryActions.SetPlans, new SetPlansRequest { Plans = { Plan(Key(1), "SELECT 7 AS c0") } }, token);
        var next = Plan(Key(2), "SELECT c0 * 6 AS c0 FROM i");
        next.Inputs.Add(Input("i", ["INTEGER"], (a.Locations[0], Range(Key(1)))));

        Assert.Equal(["42"], await ReadAsync(b, next, token));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task WorkerThatTakesNoQueries_SaysSo()
    {
        await using var server = await DataServer.StartAsync();

        await QueryTasksTests.AssertFailsAsync(() => ActAsync(server, QueryActions.WorkerInfo, new WorkerInfoRequest(), null), RpcStatusCode.Unimplemented, "unsupported");
    }

    private static Task<List<string>> ReadAsync(DataServer server, TaskPlan plan, string? token) =>
        QueryNode.RowsAsync(server.Flight.DoGet(QueryTickets.Of(new TaskTicket { Plan = plan }), Call(token)));

    private static async Task ActAsync(DataServer server, string type, IMessage request, string? token)
    {
        await foreach (var _ in server.Flight.DoActionAsync(new FlightAction(type, request.ToByteArray()), Call(token)))
        {
        }
    }

    private static RpcCallOptions Call(string? token)
    {
        RpcMetadata headers = [];
        if (token is not null)
        {
            headers.Add("authorization", "Bearer " + token);
        }

        return new RpcCallOptions(Metadata: headers, CancellationToken: Token);
    }
}
