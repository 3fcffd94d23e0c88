using Microsoft.Extensions.Hosting;
using OrleansFlow.Silo.Hosting;

namespace OrleansFlow.Testing;

/// <summary>Serves the workers' sessions where their work is counted.</summary>
internal sealed class TestSessionHost(InProcessSessionHost sessions, WorkScheduler scheduler) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => scheduler.RunAsync(() => sessions.StartAsync(cancellationToken));

    public Task StopAsync(CancellationToken cancellationToken) => sessions.StopAsync(cancellationToken);
}
