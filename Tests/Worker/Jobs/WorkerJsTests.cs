using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Jobs;
using static OrleansFlow.Tests.Worker.Jobs.JobPrograms;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Goal: WorkerService is what other implementations of gRPC call. Method: npm <c>@grpc/grpc-js</c> with the published .proto, and Prometheus' own fields for the metrics.</summary>
public class WorkerJsTests
{
    private const string Named = """{"context":{"workerId":"w1","jobId":"j1","generation":1}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 4 * Watchdog.Milliseconds)]
    public async Task GrpcJs_DrivesAJobFromItsStartToItsEnd_WithPhasesAndMetricsOnTheWay()
    {
        await NodeTool.RequireAsync(Token);
        await using var worker = new JobHarness();
        await using var endpoint = new WorkerRpcEndpoint(0, null, worker.Host, NullLoggerFactory.Instance);
        await endpoint.StartAsync(Token);
        var port = endpoint.Address!.Port.ToString(CultureInfo.InvariantCulture);
        var path = Path.Combine(worker.Folder, "numbers.json");
        var start = Start(Numbers(File(path)), url: worker.CheckpointUrl).ToByteString().ToBase64();

        var began = await CallAsync(port, $$$"""
            [["GetWorkerPhase",{{{Named}}}}],["StartExecution","base64:{{{start}}}"],["until","WORKER_PHASE_RUNNING",{{{Named}}}}],
             ["StartExecution","base64:{{{start}}}"],["JobFinished",{"context":{"workerId":"w2","jobId":"j1","generation":1}}]]
            """);
        Assert.Equal(["WORKER_PHASE_IDLE", null, "WORKER_PHASE_RUNNING", null, null], began.Select(reply => (string?)reply!["phase"]));
        Assert.Equal([null, null, null, null, 5], began.Select(reply => (int?)reply!["code"]));

        worker.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("[{}]", (await CallAsync(port, $$$"""[["Checkpoint",{{{Named}}},"epoch":1}]]""")).ToJsonString());
        var stored = (await worker.ReadUntilAsync(said => said.CheckpointCompleted?.Epoch == 1, 2)).Single(said => said.CheckpointCompleted is { Epoch: 1, NeedsCommit: true });
        var commit = new CommitRequest { Context = Context(), Epoch = 1 };
        commit.Commits.Add(OperatorStates.Merge("sink", [stored.CheckpointCompleted.State]).Commits);
        var went = await CallAsync(port, $$$"""[["Commit","base64:{{{commit.ToByteString().ToBase64()}}}"],["GetMetrics",{{{Named}}}}]]""");
        await worker.ReadUntilAsync(said => said.Checkpoint?.Kind == CheckpointEventKind.FinishedCommit);
        CheckMetrics(went[1]!["metrics"]!.AsArray(), (await System.IO.File.ReadAllLinesAsync(path, Token)).Length);

        Assert.Equal("[{}]", (await CallAsync(port, $$$"""[["StopExecution",{{{Named}}},"mode":"STOP_MODE_GRACEFUL"}]]""")).ToJsonString());
        await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 2);
        var ended = await CallAsync(port, $$$"""[["JobFinished",{{{Named}}}}],["GetWorkerPhase",{{{Named}}}}],["Checkpoint",{{{Named}}},"epoch":2}]]""");
        Assert.Equal(("WORKER_PHASE_IDLE", 9), ((string?)ended[1]!["phase"], (int?)ended[2]!["code"]));
    }

    private static void CheckMetrics(JsonArray metrics, int committedRows)
    {
        Assert.Equal(
            [
                "alignment_seconds_total COUNTER", "batches_recv_total COUNTER", "batches_sent_total COUNTER", "bytes_recv_total COUNTER", "bytes_sent_total COUNTER",
                "channel_state_bytes_total COUNTER", "deserialization_errors_total COUNTER", "messages_recv_total COUNTER", "messages_sent_total COUNTER",
                "spilled_bytes_total COUNTER", "spilled_files_total COUNTER", "state_bytes GAUGE", "tx_bytes GAUGE", "tx_queue_rem GAUGE", "tx_queue_size GAUGE",
            ],
            metrics.Select(family => $"{family!["name"]!.GetValue<string>()["orleansflow_worker_".Length..]} {family["type"]}").Order(StringComparer.Ordinal));
        var received = metrics.Single(family => (string?)family!["name"] == "orleansflow_worker_messages_recv_total")!["metric"]!.AsArray();
        var sink = received.Single(metric => metric!["label"]!.AsArray().Any(label => (string?)label!["name"] == "node_id" && (string?)label["value"] == "2"))!;
        Assert.Equal(["job_id=j1", "node_id=2", "operator_name=node 2", "subtask_idx=0"], sink["label"]!.AsArray().Select(label => $"{label!["name"]}={label["value"]}").Order(StringComparer.Ordinal));
        Assert.InRange(committedRows, 1, (int)sink["counter"]!["value"]!.GetValue<double>());
    }

    private static async Task<JsonArray> CallAsync(string port, string calls) => JsonNode.Parse(
        await NodeTool.RunAsync("worker-client.mjs", [port, RepositoryRoot.Combine("Abstractions", "Protocol"), JsonSerializer.Serialize(JsonNode.Parse(calls))], Token))!.AsArray();
}
