using OrleansFlow.Arrow;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Goal: the whole path from a document to Arrow batches. Method: real silo, real gRPC, the in-process worker.</summary>
public sealed class RunTests(SiloFixture fixture)
{
    private const string Sum = """
        {"name":"sum","nodes":[
          {"id":"scan","role":"numbers","tasks":3,"params":{"batches":4,"rows":100}},
          {"id":"total","role":"sum","depends_on":["scan"],"start_when":"first_batch"}]}
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private FlowClient Client => fixture.Silo.Client;

    [Fact]
    public async Task Submit_Watch_Fetch_GivesTheRightNumbers()
    {
        var run = await Client.SubmitGraphAsync(Sum, cancellationToken: CancellationToken);

        var ended = await Client.WaitForRunAsync(run, CancellationToken);

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.Equal((12, 1_200), (ended.Nodes[0].Batches, ended.Nodes[0].Rows));
        Assert.Equal(Enumerable.Range(0, 1_200).Select(value => (long)value), await ReadAsync(run, "scan"));
        Assert.Equal([1_199L * 1_200 / 2], await ReadAsync(run, "total"));
    }

    [Fact]
    public async Task Watch_BeginsWithASnapshotAndNamesTheWorkerOfEachBatch()
    {
        var run = await Client.SubmitGraphAsync(Sum, cancellationToken: CancellationToken);

        var changes = await WatchAsync(run);

        Assert.IsType<RunChange.Snapshot>(changes[0]);
        Assert.All(changes.OfType<RunChange.BatchAccepted>(), batch => Assert.False(batch.Worker.IsDefault));
        Assert.DoesNotContain(changes, change => change is RunChange.Unknown);
        Assert.Contains(changes, change => change is RunChange.StatusChanged { Status: RunStatus.Completed } or RunChange.Snapshot { Run.Status: RunStatus.Completed });
    }

    [Fact]
    public async Task Watch_OfAnEndedRun_GivesItsEndAndCloses()
    {
        var run = await Client.SubmitGraphAsync(Sum, cancellationToken: CancellationToken);
        await Client.WaitForRunAsync(run, CancellationToken);

        var changes = await WatchAsync(run);

        Assert.Equal(RunStatus.Completed, Assert.IsType<RunChange.Snapshot>(Assert.Single(changes)).Run.Status);
    }

    [Fact]
    public async Task Submit_SameIdTwice_IsOneRunUnlessTheDocumentDiffers()
    {
        var options = new SubmitOptions { RunId = new RunId("same-id-twice") };
        var first = await Client.SubmitGraphAsync(Sum, options, CancellationToken);
        var second = await Client.SubmitGraphAsync(Sum, options, CancellationToken);
        Assert.Equal(first, second);

        var failure = await Assert.ThrowsAsync<FlowException>(
            () => Client.SubmitGraphAsync(Sum.Replace("\"rows\":100", "\"rows\":101", StringComparison.Ordinal), options, CancellationToken));

        Assert.Equal(FlowErrorCode.AlreadyExists, failure.Code);
    }

    [Fact]
    public async Task Submit_FaultyDocument_ReportsEveryProblem()
    {
        const string Document = """{"name":"x","colour":1,"nodes":[{"id":"a","role":"echo","depends_on":["b"]},{"id":"a","role":"echo"}]}""";

        var failure = await Assert.ThrowsAsync<FlowException>(() => Client.SubmitGraphAsync(Document, cancellationToken: CancellationToken));

        Assert.Equal(FlowErrorCode.BadGraph, failure.Code);
        Assert.Equal(
            ["graph_duplicate_node", "graph_unknown_field", "graph_unknown_node"],
            failure.Problems.Select(problem => problem.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Submit_UnknownRole_IsAProblemUnlessAllowed()
    {
        const string Document = """{"name":"x","nodes":[{"id":"a","role":"nobody-has-this"}]}""";

        var failure = await Assert.ThrowsAsync<FlowException>(() => Client.SubmitGraphAsync(Document, cancellationToken: CancellationToken));
        Assert.Equal(("unknown_role", "nodes[0].role"), (failure.Problems[0].Code, failure.Problems[0].Path));

        var run = await Client.SubmitGraphAsync(Document, new SubmitOptions { AllowUnknownRoles = true }, CancellationToken);
        var cancelled = await Client.CancelRunAsync(run, "nobody comes", CancellationToken);
        Assert.Equal("nobody comes", cancelled.CancelReason);
    }

    [Fact]
    public async Task Submit_RelativeFile_IsAProblem()
    {
        // The client makes paths absolute; this is what another client might send.
        var method = Rpc.RpcMethod.Protobuf<Protocol.V1.SubmitGraphRequest, Protocol.V1.SubmitGraphResponse>(
            Rpc.RpcMethodKind.Unary, "orleansflow.v1.Flow", "SubmitGraph");
        var request = new Protocol.V1.SubmitGraphRequest { DocumentJson = Sum, Files = { ["flights"] = "data/flights.parquet" } };

        var failure = await Assert.ThrowsAsync<Rpc.RpcException>(
            () => fixture.Silo.Channel.UnaryAsync(method, request, new Rpc.RpcCallOptions(CancellationToken: CancellationToken)));

        Assert.Equal(Rpc.RpcStatusCode.InvalidArgument, failure.Code);
        Assert.Contains("files.flights", failure.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_RunNamedUploads_IsRefused()
    {
        var failure = await Assert.ThrowsAsync<FlowException>(
            () => Client.SubmitGraphAsync(Sum, new SubmitOptions { RunId = new RunId("uploads") }, CancellationToken));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
    }

    [Fact]
    public async Task FailingNode_FailsTheRunWithItsReason()
    {
        var run = await Client.SubmitGraphAsync("""{"name":"x","nodes":[{"id":"a","role":"fail"}]}""", cancellationToken: CancellationToken);

        var ended = await Client.WaitForRunAsync(run, CancellationToken);

        Assert.Equal(RunStatus.Failed, ended.Status);
        Assert.Equal(("bad_input", true), (ended.Failure!.Reason, ended.Failure.Permanent));
        Assert.Contains("always fails", ended.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailingNode_ThatAnotherRemedies_LeavesTheRunToComplete()
    {
        var run = await Client.SubmitGraphAsync(
            """
            {"name":"x","vars":{"tries":1},"nodes":[{"id":"a","role":"fail","routing":{"on_success":["next"],"on_failure":["note"]}},
             {"id":"next","role":"numbers"},{"id":"note","fn":"vars.incr","args":{"key":"tries"}},
             {"id":"scan","role":"numbers","params":{"batches":2,"rows":3},"depends_on":[{"node":"note","when":"vars.tries == 2"}]},
             {"id":"last","fn":"merge.generic","args":{"from_nodes":["scan"]},"depends_on":["next","scan"],"fan_in":"any"}]}
            """,
            cancellationToken: CancellationToken);

        var ended = await Client.WaitForRunAsync(run, CancellationToken);

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.Equal(
            [RunStatus.Failed, RunStatus.Skipped, RunStatus.Completed, RunStatus.Completed, RunStatus.Completed], ended.Nodes.Select(node => node.Status));
        Assert.Equal("bad_input", ended.Nodes[0].Failure!.Reason);
        Assert.Equal("""{"tries":2}""", ended.VariablesJson);
        Assert.Contains("\"rows\":6", ended.Nodes[4].Tasks[0].ResultJson, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pause_KeepsTasksFromBeingLeased_UntilTheRunIsResumed()
    {
        var run = await Client.SubmitGraphAsync(
            """{"name":"x","nodes":[{"id":"gate","approval":{}},{"id":"scan","role":"numbers","params":{"batches":1,"rows":1},"depends_on":["gate"]}]}""", cancellationToken: CancellationToken);

        Assert.Equal(RunStatus.Paused, (await Client.PauseRunAsync(run, "look", CancellationToken)).Status);
        var answered = await Client.AnswerGateAsync(run, "gate", approved: true, """{"by":"ann"}""", CancellationToken);
        Assert.Equal((RunStatus.Paused, RunStatus.Completed, 0), (answered.Status, answered.Nodes[0].Status, answered.Nodes[1].ReadyCount));
        Assert.NotEqual(RunStatus.Paused, (await Client.ResumeRunAsync(run, CancellationToken)).Status);

        var ended = await Client.WaitForRunAsync(run, CancellationToken);
        Assert.Equal((RunStatus.Completed, null), (ended.Status, ended.Failure));
        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => Client.PauseRunAsync(run, "late", CancellationToken))).Code);
    }

    [Fact]
    public async Task Gate_AnsweredWronglyOrTooEarly_IsRefusedWithTheReason()
    {
        var run = await Client.SubmitGraphAsync(
            """{"name":"x","nodes":[{"id":"first","approval":{}},{"id":"second","approval":{},"depends_on":["first"]},{"id":"fn","fn":"noop"}]}""",
            cancellationToken: CancellationToken);

        foreach (var (node, code, why) in new[]
        {
            ("second", FlowErrorCode.BadInput, "have not led to it"), ("fn", FlowErrorCode.BadInput, "is no gate"), ("none", FlowErrorCode.NotFound, "no node 'none'"),
        })
        {
            var failure = await Assert.ThrowsAsync<FlowException>(() => Client.AnswerGateAsync(run, node, approved: true, null, CancellationToken));
            Assert.Equal(code, failure.Code);
            Assert.Contains(why, failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => Client.AnswerGateAsync(run, "first", true, "{", CancellationToken))).Code);
        Assert.Equal(RunStatus.Failed, (await Client.AnswerGateAsync(run, "first", approved: false, null, CancellationToken)).Status);
        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => Client.AnswerGateAsync(run, "first", true, null, CancellationToken))).Code);
    }

    [Fact]
    public async Task Cancel_RunningRun_IsFinalAndStopsItsTasks()
    {
        var run = await Client.SubmitGraphAsync("""{"name":"x","nodes":[{"id":"a","role":"wait"}]}""", cancellationToken: CancellationToken);
        await foreach (var change in Client.WatchRunAsync(run, CancellationToken))
        {
            var leased = change switch
            {
                RunChange.Snapshot snapshot => snapshot.Run.Nodes[0].Tasks[0].Status == FlowTaskStatus.Leased,
                RunChange.TaskChanged task => task.Task.Status == FlowTaskStatus.Leased,
                _ => false,
            };
            if (leased)
            {
                break;
            }
        }

        await Client.CancelRunAsync(run, "enough", CancellationToken);

        var ended = await Client.WaitForRunAsync(run, CancellationToken);
        Assert.Equal((RunStatus.Cancelled, "enough"), (ended.Status, ended.CancelReason));
        await Client.CancelRunAsync(run, "again", CancellationToken);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    [InlineData(99, false)]
    [InlineData(100, true)]
    [InlineData(3_600_000, true)]
    [InlineData(3_600_001, false)]
    public void Cancel_GraceOutOfRange_IsRefusedWithTheRange(long graceMs, bool isFine)
    {
        if (isFine)
        {
            Assert.Equal(graceMs == 0 ? (TimeSpan?)null : TimeSpan.FromMilliseconds(graceMs), RunCalls.CheckGrace(graceMs));
            return;
        }

        var refused = Assert.Throws<FlowException>(() => RunCalls.CheckGrace(graceMs));
        Assert.Equal(FlowErrorCode.BadInput, refused.Code);
        Assert.Contains($"The grace is {graceMs} ms; choose 100 ms to 3600000 ms", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_CompletedRun_IsAlreadyEnded()
    {
        var run = await Client.SubmitGraphAsync(Sum, cancellationToken: CancellationToken);
        await Client.WaitForRunAsync(run, CancellationToken);

        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => Client.CancelRunAsync(run, "late", CancellationToken))).Code);
    }

    [Fact]
    public async Task UnknownRun_IsNotFoundEverywhere()
    {
        var run = new RunId("no-such-run");

        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => Client.GetRunAsync(run, CancellationToken))).Code);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => Client.CancelRunAsync(run, "x", CancellationToken))).Code);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => Client.GetResultAsync(run, "a", CancellationToken))).Code);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => Client.WaitForRunAsync(run, CancellationToken))).Code);
    }

    private async Task<List<RunChange>> WatchAsync(RunId run)
    {
        var changes = new List<RunChange>();
        await foreach (var change in Client.WatchRunAsync(run, CancellationToken))
        {
            changes.Add(change);
        }

        return changes;
    }

    private async Task<List<long>> ReadAsync(RunId run, string node)
    {
        await using var result = await Client.GetResultAsync(run, node, CancellationToken);
        var values = new List<long>();
        await foreach (var batch in result.ReadBatchesAsync(CancellationToken))
        {
            using (batch)
            {
                values.AddRange(batch.Column<Int64Array>("n").Values);
            }
        }

        Assert.Equal(result.TotalRows, values.Count);
        return values;
    }
}
