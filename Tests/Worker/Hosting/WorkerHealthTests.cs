using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Tests.Worker.Hosting;

/// <summary>What a worker says of its own health: over HTTP, in code, and to its host's checks.</summary>
public sealed class WorkerHealthTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Health_OfAWorker_NamesLastHeartbeatActiveTasksAndSaturation()
    {
        var transport = new InProcessWorkerTransport();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(new HandlerScript
        {
            Init = async (_, cancellationToken) =>
            {
                begun.TrySetResult();
                await release.Task.WaitAsync(cancellationToken);
            },
        });
        builder.Services.AddOrleansFlowWorker(options => (options.WorkerId, options.Slots, options.HealthPort) = ("w", 4, 0))
            .AddHandler<ScriptedHandler>("work").UseTransport(_ => transport);
        builder.Services.AddHealthChecks().AddFlowWorkers();
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var worker = host.Services.GetRequiredService<FlowWorker>();
        Assert.Equal((false, null), (worker.Health().IsReady, worker.Health().SinceLastHeartbeat));
        await using var gateway = await ScriptedSession.AcceptAsync(transport);
        await worker.Registered.WaitAsync(TestContext.Current.CancellationToken);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await begun.Task.WaitAsync(TestContext.Current.CancellationToken);

        using var http = new HttpClient { BaseAddress = worker.HealthAddress };
        using var ready = await http.GetAsync(new Uri("health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        using var health = JsonDocument.Parse(await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(
            ("w", "online", 1, 4, 0.25),
            (health.RootElement.GetProperty("worker_id").GetString(), health.RootElement.GetProperty("status").GetString(), health.RootElement.GetProperty("active_tasks").GetInt32(),
                health.RootElement.GetProperty("slots").GetInt32(), health.RootElement.GetProperty("saturation").GetDouble()));
        Assert.True(health.RootElement.GetProperty("last_heartbeat_age_sec").GetDouble() >= 0);
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Healthy, report.Status);

        release.SetResult();
        var outcome = await gateway.NextOutcomeAsync();
        await gateway.AcceptOutcomeAsync(outcome.Lease);
        await gateway.SendAsync(new SiloMessage { Drain = new Drain { Reason = "test" } });
        Assert.Equal(WorkerMessage.KindOneofCase.Draining, (await gateway.NextAsync())?.KindCase);
        Assert.Equal((true, false), (worker.Health().IsDraining, worker.Health().IsReady));
        gateway.End();
    }
}
