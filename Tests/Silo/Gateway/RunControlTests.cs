using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>What people ask of runs beside their results: submit twice, go on, run again, say why.</summary>
public sealed class RunControlTests(SiloFixture fixture)
{
    private const string Numbers = """{"name":"x","nodes":[{"id":"scan","role":"numbers","params":{"batches":2,"rows":3}},{"id":"total","role":"sum","depends_on":["scan"]}]}""";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private FlowClient Client => fixture.Silo.Client;

    [Fact]
    public async Task IdempotencyKey_SameDocument_GivesTheSameRun_AnotherDocumentIsRefused()
    {
        var options = new SubmitOptions { IdempotencyKey = "order/17 of today" };
        var first = await Client.SubmitGraphAsync(Numbers, options, CancellationToken);

        Assert.Equal(first, await Client.SubmitGraphAsync(Numbers.Replace(",", ", ", StringComparison.Ordinal), options, CancellationToken));
        Assert.NotEqual(first, await Client.SubmitGraphAsync(Numbers, options with { IdempotencyKey = "order/18" }, CancellationToken));
        Assert.Equal("order/17 of today", (await Client.WaitForRunAsync(first, CancellationToken)).IdempotencyKey);
        Assert.Equal(first, await Client.SubmitGraphAsync(Numbers, options, CancellationToken));
        var refused = await Assert.ThrowsAsync<FlowException>(() => Client.SubmitGraphAsync(Numbers.Replace("\"rows\":3", "\"rows\":4", StringComparison.Ordinal), options, CancellationToken));
        Assert.Equal(FlowErrorCode.AlreadyExists, refused.Code);
        Assert.Contains("'order/17 of today'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(257, null)]
    [InlineData(3, "run-1")]
    public async Task IdempotencyKey_TooLongOrBesideARunId_IsRefused(int length, string? runId)
    {
        var options = new SubmitOptions { IdempotencyKey = new string('k', length), RunId = runId is null ? default : new(runId) };

        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => Client.SubmitGraphAsync(Numbers, options, CancellationToken))).Code);
    }

    [Fact]
    public async Task Rerun_OfANode_ShowsItsHistoryItsBatchesAndTheirMetrics()
    {
        var run = await Client.SubmitGraphAsync(Numbers, cancellationToken: CancellationToken);
        await Client.WaitForRunAsync(run, CancellationToken);

        Assert.NotEqual(RunStatus.Failed, (await Client.RerunNodeAsync(run, "scan", "look again", CancellationToken)).Status);
        var ended = await Client.WaitForRunAsync(run, CancellationToken);

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.Equal((2L, 6L, 1), (ended.Nodes[0].Batches, ended.Nodes[0].Rows, ended.Nodes[0].Reruns));
        Assert.NotNull(ended.ReopenedUtc);
        Assert.Contains(ended.History, change => change is { From: RunStatus.Completed, To: RunStatus.Running, Reason: "look again" });
        Assert.Contains(ended.Nodes[1].History, change => change is { From: RunStatus.Completed, To: RunStatus.Pending, Reason: "look again" });
        Assert.Equal([2L, 2L], await Client.ListArtifactsAsync(run, "scan", CancellationToken).Select(batch => batch.Epoch).ToListAsync(CancellationToken));
        Assert.NotNull(ended.ResultJson);
    }

    [Fact]
    public async Task Delete_TakesARunWithItsArtifacts_AndFreesItsKey()
    {
        var options = new SubmitOptions { IdempotencyKey = "to be deleted" };
        var run = await Client.SubmitGraphAsync(Numbers, options, CancellationToken);
        var ended = await Client.WaitForRunAsync(run, CancellationToken);
        Assert.True(ended.ArtifactBytes > 0);
        await DeleteAsync(run);

        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => Client.GetRunAsync(run, CancellationToken))).Code);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => Client.DeleteRunAsync(run, CancellationToken))).Code);
        Assert.DoesNotContain(await Client.ListRunsAsync(cancellationToken: CancellationToken).ToListAsync(CancellationToken), one => one.RunId == run);
        Assert.Equal(run, await Client.SubmitGraphAsync(Numbers.Replace("\"rows\":3", "\"rows\":5", StringComparison.Ordinal), options, CancellationToken));
        Assert.Equal(10, (await Client.WaitForRunAsync(run, CancellationToken)).Nodes[0].Rows);
    }

    [Fact]
    public async Task CancelledRun_GoesOn_WhenSomebodyAsks()
    {
        var run = await Client.SubmitGraphAsync(
            """{"name":"x","nodes":[{"id":"gate","approval":{}},{"id":"scan","role":"numbers","params":{"batches":1,"rows":1},"depends_on":["gate"]}]}""", cancellationToken: CancellationToken);
        Assert.Equal("approval", Assert.Single(await Client.WhyAsync(run, cancellationToken: CancellationToken)).Code);
        Assert.Equal("waiting_for_parents", Assert.Single(await Client.WhyAsync(run, "scan", CancellationToken)).Code);
        await Client.CancelRunAsync(run, "budget", CancellationToken);
        Assert.Contains("budget", Assert.Single(await Client.WhyAsync(run, cancellationToken: CancellationToken)).Text, StringComparison.Ordinal);

        await Client.ReopenRunAsync(run, "more budget", CancellationToken);
        await Client.AnswerGateAsync(run, "gate", approved: true, cancellationToken: CancellationToken);

        Assert.Equal(RunStatus.Completed, (await Client.WaitForRunAsync(run, CancellationToken)).Status);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => Client.WhyAsync(run, "none", CancellationToken))).Code);
    }

    /// <summary>A run whose end somebody still has to be told cannot be deleted yet.</summary>
    private async Task DeleteAsync(RunId run)
    {
        while (true)
        {
            try
            {
                await Client.DeleteRunAsync(run, CancellationToken);
                return;
            }
            catch (FlowException exception) when (exception.Code == FlowErrorCode.StoreUnavailable)
            {
                await Task.Yield();
            }
        }
    }
}
