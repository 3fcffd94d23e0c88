using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Jobs.Metrics;
using static OrleansFlow.Tests.Worker.Jobs.JobPrograms;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Goal: what a worker gives at <c>/metrics</c> is what Prometheus reads. Method: Debian's <c>promtool check metrics</c>.</summary>
public class PromtoolTests
{
    private const string Tool = "promtool";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Metrics_OverHttp_AreFoundWithoutFaultByPromtool()
    {
        Require();
        await using var worker = new JobHarness();
        var program = Numbers(Blackhole, parallelism: 2, rate: 0, count: 1_000);
        program.Nodes[0].Description = "a \"b\" \\ c\nsecond line";
        worker.Host.Start(Start(program));
        await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 4);
        await using var endpoint = new WorkerHealthEndpoint(0, () => throw new InvalidOperationException("Not asked for."), () => JobMetrics.ToText(JobMetrics.Of(worker.Host.Counters())), NullLoggerFactory.Instance);
        await endpoint.StartAsync(Token);
        using var http = new HttpClient { BaseAddress = endpoint.Address };

        using var answer = await http.GetAsync(new Uri("/metrics", UriKind.Relative), Token);
        var text = await answer.Content.ReadAsStringAsync(Token);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        Assert.Contains("orleansflow_worker_messages_sent_total{job_id=\"j1\",node_id=\"1\",subtask_idx=\"0\",operator_name=\"a \\\"b\\\" \\\\ c\\nsecond line\"} 500\n", text, StringComparison.Ordinal);
        Assert.Equal((0, ""), await CheckAsync(text));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Promtool_WouldSayWhatIsWrong()
    {
        // Else the test above could not fail.
        Require();
        Assert.NotEqual(0, (await CheckAsync("# TYPE a counter\na{b=\"c} 1\n")).Code);
        Assert.NotEqual(0, (await CheckAsync("# HELP rows Rows.\n# TYPE rows counter\nrows 1\n")).Code);
    }

    private static void Require() => Requires.That(Requires.OnPath(Tool) is not null, "promtool (Debian's package prometheus)");

    private static async Task<(int Code, string Said)> CheckAsync(string text)
    {
        using var process = Process.Start(new ProcessStartInfo(Tool, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        await process.StandardInput.WriteAsync(text);
        process.StandardInput.Close();
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, string.Concat(await said).Trim());
    }
}
