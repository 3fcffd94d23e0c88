using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Silo.Gateway.Sessions;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Workers;
using Wire = OrleansFlow.Protocol.V1;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>What the gateway says of itself and of what it depends on, each with a remedy.</summary>
internal sealed class GatewayHealth(
    StoreProbe store, ArtifactProbe artifacts, WorkerCalls workers, GatewaySessionService sessions, ClockProbe clockProbe, GatewayIdentity identity, TimeProvider clock) : IDisposable
{
    // Whoever reaches the HTTP listener may ask, so asking often must cost no writes.
    private static readonly TimeSpan ReadyFor = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _readyGate = new(1, 1);
    private IReadOnlyList<Wire.HealthCheck>? _ready;
    private long _readyAt;

    /// <summary>Runs every check.</summary>
    public async Task<Wire.Health> CheckAsync(CancellationToken cancellationToken)
    {
        var health = new Wire.Health { ClusterId = identity.ClusterId, Version = GatewayIdentity.Version, Now = clock.GetUtcNow().ToTimestamp() };
        health.Checks.Add(await store.CheckAsync(cancellationToken));
        health.Checks.Add(artifacts.Check());
        health.Checks.Add(await CheckWorkersAsync(cancellationToken));
        health.Checks.Add(new Wire.HealthCheck
        {
            Name = "sessions",
            Healthy = true,
            Detail = string.Create(CultureInfo.InvariantCulture, $"{sessions.SessionCount} worker sessions served here"),
        });
        health.Checks.Add(clockProbe.Check());
        return health;
    }

    /// <summary>The checks without which no work can be accepted: store and artifact folder. At most a second old.</summary>
    public async Task<IReadOnlyList<Wire.HealthCheck>> CheckReadyAsync(CancellationToken cancellationToken)
    {
        await _readyGate.WaitAsync(cancellationToken);
        try
        {
            if (_ready is null || clock.GetElapsedTime(_readyAt) >= ReadyFor)
            {
                _ready = [await store.CheckAsync(cancellationToken), artifacts.Check()];
                _readyAt = clock.GetTimestamp();
            }

            return _ready;
        }
        finally
        {
            _readyGate.Release();
        }
    }

    public void Dispose() => _readyGate.Dispose();

    private string Describe(IReadOnlyList<WorkerView> known, int online)
    {
        var serving = known.Where(worker => worker.Liveness != WorkerLiveness.Offline).ToList();
        var text = string.Create(CultureInfo.InvariantCulture, $"{online} online of {known.Count} known");
        if (serving.Count == 0)
        {
            return text;
        }

        var (active, slots) = (serving.Sum(worker => worker.Leases.Count), serving.Sum(worker => worker.Registration.Slots));
        var oldest = clock.GetUtcNow() - serving.Min(worker => worker.LastSeenUtc);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{text}; {active} tasks active in {slots} slots ({100.0 * active / Math.Max(1, slots):0} %); longest silence {Math.Max(0, oldest.TotalSeconds):0.0} s");
    }

    private async Task<Wire.HealthCheck> CheckWorkersAsync(CancellationToken cancellationToken)
    {
        try
        {
            var known = await workers.ReadAllAsync(cancellationToken);
            var online = known.Count(worker => worker.Liveness == WorkerLiveness.Online);
            return new Wire.HealthCheck
            {
                Name = "workers",
                Healthy = online > 0,
                Detail = Describe(known, online),
                Remedy = online > 0 ? "" : "Start one: a host with AddOrleansFlowWorker(), or 'flow worker --load FILE.dll'.",
            };
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return new Wire.HealthCheck { Name = "workers", Detail = exception.Message, Remedy = "See the store's check, and the silo's log." };
        }
    }
}
