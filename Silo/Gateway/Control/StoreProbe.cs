using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansFlow.Grains;
using OrleansFlow.Silo.Hosting;
using Wire = OrleansFlow.Protocol.V1;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Writes a row to the grains' store and reads it back.</summary>
internal sealed class StoreProbe([FromKeyedServices(FlowGrainStorage.Name)] IGrainStorage storage, IIdSource ids, TimeProvider clock) : IDisposable
{
    private static readonly GrainId ProbeId = GrainId.Create("flow-health", "probe");

    // One at a time: two writers of one row would see each other's etag and call it a failure.
    private readonly SemaphoreSlim _gate = new(1, 1);

    public async Task<Wire.HealthCheck> CheckAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var startedAt = clock.GetTimestamp();
            var state = new GrainState<StoreProbeState>(new StoreProbeState());
            await storage.ReadStateAsync("health", ProbeId, state);
            var mark = ids.NewId();
            state.State = new StoreProbeState { Mark = mark };
            await storage.WriteStateAsync("health", ProbeId, state);
            var readBack = new GrainState<StoreProbeState>(new StoreProbeState());
            await storage.ReadStateAsync("health", ProbeId, readBack);
            var elapsedMs = clock.GetElapsedTime(startedAt).TotalMilliseconds;
            return readBack.State?.Mark == mark
                ? new Wire.HealthCheck
                {
                    Name = "store",
                    Healthy = true,
                    Detail = string.Create(CultureInfo.InvariantCulture, $"written and read back in {elapsedMs:0.0} ms"),
                }
                : Unhealthy("a row was written and another one read back");
        }
        catch (Exception exception)
        {
            return Unhealthy(exception.Message);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private static Wire.HealthCheck Unhealthy(string detail) => new()
    {
        Name = "store",
        Detail = detail,
        Remedy = "Check free space and rights of the data folder; the silo's log has the store's own message.",
    };
}
