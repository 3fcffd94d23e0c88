using OrleansFlow.Arrow;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Goal: a graph's word about its input is checked at submit and carried to the worker. Method: real silo, real gRPC, the in-process worker.</summary>
public sealed class InputAdapterTests(SiloFixture fixture)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private FlowClient Client => fixture.Silo.Client;

    [Fact]
    public async Task Submit_WithAnUnknownAdapter_NamesItAndEverythingElseAtOnce()
    {
        var failure = await Assert.ThrowsAsync<FlowException>(() => Client.SubmitGraphAsync(
            """
            {"name":"x","nodes":[
              {"id":"a","role":"sum","input":{"adapter":"own.unknown"}},
              {"id":"b","role":"nobody","input":{"adapter":"own.range","args":{"form":1}}},
              {"id":"c","role":"sum","depends_on":["gone"],"input":{"adapter":"pull.rechunk","args":{"size":"4"}}}]}
            """,
            cancellationToken: CancellationToken));

        Assert.Equal(FlowErrorCode.BadGraph, failure.Code);
        Assert.Equal(
            [
                "bad_input_adapter nodes[0].input.adapter", "bad_input_args nodes[1].input.args.form", "bad_input_args nodes[1].input.args.to",
                "bad_input_args nodes[2].input.args.size", "graph_unknown_node nodes[2].depends_on[0]", "unknown_role nodes[1].role",
            ],
            failure.Problems.Select(problem => $"{problem.Code} {problem.Path}").Order(StringComparer.Ordinal));
        Assert.Contains("own.range", failure.Problems.First(problem => problem.Code == "bad_input_adapter").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithAnUnknownAdapterThatIsAllowed_FailsForGoodInTheWorkerWithTheSameCode()
    {
        var run = await Client.SubmitGraphAsync(
            """{"name":"x","nodes":[{"id":"a","role":"sum","input":{"adapter":"own.unknown","allow_unknown_adapter":true}}]}""", cancellationToken: CancellationToken);

        var ended = await Client.WaitForRunAsync(run, CancellationToken);

        Assert.Equal((RunStatus.Failed, "bad_input_adapter", true), (ended.Status, ended.Failure!.Reason, ended.Failure.Permanent));
        Assert.Equal(1, ended.Nodes[0].Tasks[0].Attempt);
    }

    [Fact]
    public async Task Run_WithAnAdapterOfTheUsersOwn_ReadsFromIt()
    {
        var run = await Client.SubmitGraphAsync(
            """{"name":"x","nodes":[{"id":"a","role":"sum","input":{"adapter":"own.range","args":{"to":10}}}]}""", cancellationToken: CancellationToken);

        Assert.Equal(RunStatus.Completed, (await Client.WaitForRunAsync(run, CancellationToken)).Status);
        Assert.Equal(45, await SumAsync(run, "a"));
    }

    [Fact]
    public async Task Run_OverManyArtifacts_SumsEachOnce_ForSeveralReadersAndTasks()
    {
        var run = await Client.SubmitGraphAsync(
            """
            {"name":"x","nodes":[
              {"id":"scan","role":"numbers","tasks":2,"params":{"batches":50,"rows":10}},
              {"id":"one","role":"sum","depends_on":["scan"],"start_when":"first_batch","input":{"adapter":"pull.from_artifacts","args":{"from_nodes":["scan"]}}},
              {"id":"three","role":"sum","tasks":3,"depends_on":["scan"],"input":{"adapter":"pull.rechunk","args":{"size":3}}},
              {"id":"none","role":"sum","depends_on":["scan"],"input":{"adapter":"pull.from_artifacts","args":{"from_nodes":[]}}}]}
            """,
            cancellationToken: CancellationToken);

        Assert.Equal(RunStatus.Completed, (await Client.WaitForRunAsync(run, CancellationToken)).Status);
        var sums = (await SumAsync(run, "one"), await SumAsync(run, "three"), await SumAsync(run, "none"));
        Assert.Equal((499_500, 499_500, 0), sums);
    }

    private async Task<long> SumAsync(Tasks.RunId run, string node)
    {
        var sum = 0L;
        await using var result = await Client.GetResultAsync(run, node, CancellationToken);
        await foreach (var batch in result.ReadBatchesAsync(CancellationToken))
        {
            using var owned = batch;
            sum += Sum(batch);
        }

        return sum;
    }

    private static long Sum(RecordBatch batch) => batch.Column<Int64Array>("n").Values.ToArray().Sum();
}
