using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OrleansFlow.Worker.Hosting;

/// <summary>Reports the workers of a host to its own health checks: <c>services.AddHealthChecks().AddFlowWorkers()</c>.</summary>
/// <param name="workers">The host's workers.</param>
public sealed class FlowWorkerHealthCheck(FlowWorkers workers) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal);
        var isHealthy = true;
        foreach (var health in workers.All.Select(worker => worker.Health()))
        {
            isHealthy &= health.IsReady;
            data[health.WorkerId.Value] = string.Create(
                CultureInfo.InvariantCulture,
                $"{(health.IsDraining ? "draining" : health.IsConnected ? "online" : "offline")}, {health.ActiveTasks} of {health.Slots} slots in use, last heartbeat {health.SinceLastHeartbeat?.TotalSeconds ?? -1:0.0} s ago");
        }

        // Degraded: the process is well and goes on trying; another instance of it would not get further.
        return Task.FromResult(isHealthy ? HealthCheckResult.Healthy(data: data) : HealthCheckResult.Degraded("A worker takes no tasks.", data: data));
    }
}

/// <summary>Puts the check into a host.</summary>
public static class FlowWorkerHealthCheckExtensions
{
    /// <summary>Adds a check named <c>flow-workers</c>: healthy while every worker of the host takes tasks, else degraded.</summary>
    public static IHealthChecksBuilder AddFlowWorkers(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCheck<FlowWorkerHealthCheck>("flow-workers");
    }
}
