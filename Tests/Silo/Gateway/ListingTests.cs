using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Paging over catalog shards. Runs are only submitted, under a role that nobody serves, so nothing else changes the listing.</summary>
public sealed class ListingTests
{
    private const string Document = """{"name":"listed","nodes":[{"id":"a","role":"nobody"}]}""";

    private static readonly RpcMethod<ListRunsRequest, ListRunsResponse> ListRuns =
        RpcMethod.Protobuf<ListRunsRequest, ListRunsResponse>(RpcMethodKind.Unary, "orleansflow.v1.Flow", "ListRuns");

    private static RpcCallOptions Call => new(CancellationToken: TestContext.Current.CancellationToken);

    [Fact]
    public async Task Pages_GiveEveryRunOnceNewestFirst()
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        var submitted = new List<string>();
        for (var number = 0; number < 25; number++)
        {
            var run = await silo.Client.SubmitGraphAsync(
                Document, new SubmitOptions { AllowUnknownRoles = true }, TestContext.Current.CancellationToken);
            submitted.Add(run.Value);
        }

        await CatalogHasAsync(silo, 25);
        var listed = new List<Run>();
        var token = "";
        var pages = 0;
        do
        {
            var page = await silo.Channel.UnaryAsync(ListRuns, new ListRunsRequest { PageSize = 10, PageToken = token }, Call);
            listed.AddRange(page.Runs);
            token = page.NextPageToken;
            pages++;
        }
        while (token.Length > 0);

        Assert.Equal(3, pages);
        Assert.Equal(submitted.Order(StringComparer.Ordinal), listed.Select(run => run.RunId).Order(StringComparer.Ordinal));
        Assert.Equal(listed.OrderByDescending(run => run.SubmittedAt.ToDateTimeOffset()), listed);
        Assert.All(listed, run => Assert.Empty(run.Nodes));
    }

    [Fact]
    public async Task Filter_ByState_LeavesTheOthersOut()
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        var options = new SubmitOptions { AllowUnknownRoles = true };
        var kept = await silo.Client.SubmitGraphAsync(Document, options, TestContext.Current.CancellationToken);
        var cancelled = await silo.Client.SubmitGraphAsync(Document, options, TestContext.Current.CancellationToken);
        await silo.Client.CancelRunAsync(cancelled, "x", TestContext.Current.CancellationToken);
        await CatalogHasAsync(silo, 1, RunState.Cancelled);

        Assert.Equal([cancelled], await IdsAsync(silo.Client, RunStatus.Cancelled));
        Assert.Equal([kept], await IdsAsync(silo.Client, RunStatus.Pending, RunStatus.Running));
    }

    [Theory]
    [InlineData(-1, "")]
    [InlineData(1_001, "")]
    [InlineData(10, "not a token")]
    [InlineData(10, "AAAA")]
    public async Task FaultyPage_IsBadInput(int size, string token)
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => silo.Channel.UnaryAsync(ListRuns, new ListRunsRequest { PageSize = size, PageToken = token }, Call));

        Assert.Equal(RpcStatusCode.InvalidArgument, failure.Code);
    }

    private static async Task<List<RunId>> IdsAsync(FlowClient client, params RunStatus[] statuses)
    {
        var ids = new List<RunId>();
        await foreach (var run in client.ListRunsAsync(statuses, TestContext.Current.CancellationToken))
        {
            ids.Add(run.RunId);
        }

        return ids;
    }

    /// <summary>The catalog hears of runs a moment after they are acknowledged, through their outbox.</summary>
    private static async Task CatalogHasAsync(RunningSilo silo, int count, params RunState[] states)
    {
        while ((await silo.Channel.UnaryAsync(ListRuns, new ListRunsRequest { PageSize = 1_000, States = { states } }, Call)).Runs.Count < count)
        {
            // No event tells when a listing has caught up; each look is a call through the whole gateway.
            await Task.Yield();
        }
    }
}
