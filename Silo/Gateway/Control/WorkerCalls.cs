using OrleansFlow.Workers;
using Wire = OrleansFlow.Protocol.V1;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Calls about workers.</summary>
internal sealed class WorkerCalls(IGrainFactory grains)
{
    // Asked for side by side; more would only queue up in the silo.
    private const int SideBySide = 64;

    public async Task<Wire.ListWorkersResponse> ListAsync(CancellationToken cancellationToken)
    {
        var response = new Wire.ListWorkersResponse();
        response.Workers.Add((await ReadAllAsync(cancellationToken)).Select(ControlMapping.ToWire));
        return response;
    }

    /// <summary>Every remembered worker, newest first.</summary>
    public async Task<IReadOnlyList<WorkerView>> ReadAllAsync(CancellationToken cancellationToken)
    {
        var ids = await grains.GetGrain<IWorkerCatalogGrain>(IWorkerCatalogGrain.Key).ListAsync(cancellationToken);
        var views = new List<WorkerView>(ids.Count);
        foreach (var some in ids.Chunk(SideBySide))
        {
            var read = await Task.WhenAll(some.Select(id => grains.GetGrain<IWorkerGrain>(id.Value).GetAsync(cancellationToken)));
            views.AddRange(read.OfType<WorkerView>());
        }

        return views;
    }
}
