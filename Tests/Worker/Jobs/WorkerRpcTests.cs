using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Jobs;
using OrleansFlow.Worker.Jobs.Metrics;
using static OrleansFlow.Tests.Worker.Jobs.JobPrograms;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Goal: the orders of B.1 as calls of WorkerService. Method: the service on loopback, called by the RPC client.</summary>
public class WorkerRpcTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Calls_DriveAJobFromItsStartToItsEnd_WithPhasesAndMetricsOnTheWay()
    {
        await using var worker = new JobHarness();
        await using var endpoint = new WorkerRpcEndpoint(0, null, worker.Host, NullLoggerFactory.Instance);
        await endpoint.StartAsync(Token);
        await using var channel = RpcChannel.ForAddress(worker.Host.RpcAddress);
        var path = Path.Combine(worker.Folder, "numbers.json");

        Assert.Equal(WorkerPhase.Idle, (await PhaseAsync(channel)).Phase);
        await CallAsync<StartExecutionRequest, StartExecutionResponse>(channel, "StartExecution", Start(Numbers(File(path)), url: worker.CheckpointUrl));
        await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskStarted, 2);
        while ((await PhaseAsync(channel)).Phase != WorkerPhase.Running)
        {
            Token.ThrowIfCancellationRequested();
        }

        worker.Clock.Advance(TimeSpan.FromSeconds(5));
        await CallAsync<CheckpointRequest, CheckpointResponse>(channel, "Checkpoint", new CheckpointRequest { Context = Context(), Epoch = 1 });
        var stored = (await worker.ReadUntilAsync(said => said.CheckpointCompleted?.Epoch == 1, 2)).Single(said => said.CheckpointCompleted is { Epoch: 1, NeedsCommit: true });
        var commit = new CommitRequest { Context = Context(), Epoch = 1 };
        commit.Commits.Add(OperatorStates.Merge("sink", [stored.CheckpointCompleted.State]).Commits);
        await CallAsync<CommitRequest, CommitResponse>(channel, "Commit", commit);
        await worker.ReadUntilAsync(said => said.Checkpoint?.Kind == CheckpointEventKind.FinishedCommit);
        var rows = (await System.IO.File.ReadAllLinesAsync(path, Token)).Length;

        var metrics = await CallAsync<GetMetricsRequest, GetMetricsResponse>(channel, "GetMetrics", new GetMetricsRequest { Context = Context() });
        Assert.Equal(15, metrics.Metrics.Count);
        Assert.InRange(rows, 1, worker.Host.CountersOf(Context()).Single(one => one.NodeId == 2).MessagesReceived);
        await CallAsync<StopExecutionRequest, StopExecutionResponse>(channel, "StopExecution", new StopExecutionRequest { Context = Context(), Mode = StopMode.Graceful });
        await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 2);
        await CallAsync<JobFinishedRequest, JobFinishedResponse>(channel, "JobFinished", new JobFinishedRequest { Context = Context() });
        Assert.Equal(WorkerPhase.Idle, (await PhaseAsync(channel)).Phase);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FailedStart_IsToldByThePhase()
    {
        await using var worker = new JobHarness();
        await using var endpoint = new WorkerRpcEndpoint(0, null, worker.Host, NullLoggerFactory.Instance);
        await endpoint.StartAsync(Token);
        await using var channel = RpcChannel.ForAddress(worker.Host.RpcAddress);

        await CallAsync<StartExecutionRequest, StartExecutionResponse>(channel, "StartExecution", Start(Numbers(Op("sink", "no such"))));
        await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.Initialization);
        GetWorkerPhaseResponse standing;
        while ((standing = await PhaseAsync(channel)).Phase == WorkerPhase.Initializing)
        {
            Token.ThrowIfCancellationRequested();
        }

        Assert.Equal((WorkerPhase.Failed, worker.Clock.GetUtcNow()), (standing.Phase, standing.PhaseStartedAt.ToDateTimeOffset()));
        Assert.Contains("'no such'", standing.ErrorMessage, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<RpcException>(() => CallAsync<CheckpointRequest, CheckpointResponse>(channel, "Checkpoint", new CheckpointRequest { Context = Context(), Epoch = 1 }));
        Assert.Equal(RpcStatusCode.FailedPrecondition, refused.Status.Code);
        refused = await Assert.ThrowsAsync<RpcException>(() => CallAsync<JobFinishedRequest, JobFinishedResponse>(channel, "JobFinished", new JobFinishedRequest { Context = Context(worker: "w2") }));
        Assert.Equal(RpcStatusCode.NotFound, refused.Status.Code);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Token_IsAskedFor_WhereOneIsSet()
    {
        await using var worker = new JobHarness();
        await using var endpoint = new WorkerRpcEndpoint(0, "secret", worker.Host, NullLoggerFactory.Instance);
        await endpoint.StartAsync(Token);
        await using var channel = RpcChannel.ForAddress(worker.Host.RpcAddress);

        var refused = await Assert.ThrowsAsync<RpcException>(() => PhaseAsync(channel));
        var wrong = await Assert.ThrowsAsync<RpcException>(() => PhaseAsync(channel, "other"));

        Assert.Equal((RpcStatusCode.Unauthenticated, RpcStatusCode.Unauthenticated), (refused.Status.Code, wrong.Status.Code));
        Assert.Equal(WorkerPhase.Idle, (await PhaseAsync(channel, "secret")).Phase);
    }

    [Fact]
    public void Metrics_AreTheFormThatPrometheusReads()
    {
        var family = new MetricFamily("rows_total", "Rows.", IsCounter: true, [new MetricSample([("node_id", "1"), ("operator_name", "a \"b\" \\ c")], 2.5)]);

        // Written by hand from the public format: name, help, type 0, one metric of two labels and a counter.
        byte[] labels = [0x0A, 12, 0x0A, 7, .. "node_id"u8, 0x12, 1, (byte)'1', 0x0A, 26, 0x0A, 13, .. "operator_name"u8, 0x12, 9, .. "a \"b\" \\ c"u8];
        byte[] counter = [0x1A, 9, 0x09, .. BitConverter.GetBytes(2.5)];
        byte[] message = [0x0A, 10, .. "rows_total"u8, 0x12, 5, .. "Rows."u8, 0x18, 0, 0x22, (byte)(labels.Length + counter.Length), .. labels, .. counter];
        Assert.Equal(ByteString.CopyFrom(message), family.ToMessage());
        var text = new StringBuilder();
        family.WriteTo(text);
        Assert.Equal("# HELP rows_total Rows.\n# TYPE rows_total counter\nrows_total{node_id=\"1\",operator_name=\"a \\\"b\\\" \\\\ c\"} 2.5\n", text.ToString());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Metrics_OfARunningJob_AreThereByNodeSubtaskAndName()
    {
        await using var worker = new JobHarness();
        worker.Host.Start(Start(Numbers(Blackhole, parallelism: 2, rate: 0, count: 1_000)));
        await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 4);

        var text = JobMetrics.ToText(JobMetrics.Of(worker.Host.Counters()));

        Assert.Contains("orleansflow_worker_messages_sent_total{job_id=\"j1\",node_id=\"1\",subtask_idx=\"0\",operator_name=\"node 1\"} 500\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE orleansflow_worker_tx_queue_rem gauge\n", text, StringComparison.Ordinal);
        Assert.Equal(15 * 4, text.Split('\n').Count(line => line.StartsWith("orleansflow_worker_", StringComparison.Ordinal)));
    }

    private static Task<GetWorkerPhaseResponse> PhaseAsync(RpcChannel channel, string? token = null) =>
        CallAsync<GetWorkerPhaseRequest, GetWorkerPhaseResponse>(channel, "GetWorkerPhase", new GetWorkerPhaseRequest { Context = Context() }, token);

    private static Task<TResponse> CallAsync<TRequest, TResponse>(RpcChannel channel, string name, TRequest request, string? token = null)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var headers = new RpcMetadata();
        if (token is not null)
        {
            headers.Add("authorization", "Bearer " + token);
        }

        return channel.UnaryAsync(
            RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, WorkerRpcService.Name, name), request, new RpcCallOptions(Metadata: headers, CancellationToken: Token));
    }
}
