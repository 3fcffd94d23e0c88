using OrleansFlow.Errors;
using OrleansFlow.Tasks;
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

    /// <summary>One worker.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: it never registered; <c>bad_input</c>: no id.</exception>
    public async Task<Wire.Worker> GetAsync(Wire.GetWorkerRequest request, CancellationToken cancellationToken)
    {
        var view = await Worker(request.WorkerId).GetAsync(cancellationToken);
        return view is null
            ? throw new FlowException(FlowErrorCode.NotFound, $"There is no worker '{request.WorkerId}'. 'flow workers' lists those that have registered.")
            : await WithLeasesAsync(view, cancellationToken);
    }

    /// <summary>Asks a worker to finish what runs and to leave.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: it never registered; <c>bad_input</c>: no id.</exception>
    public async Task<Wire.Worker> DrainAsync(Wire.DrainWorkerRequest request, CancellationToken cancellationToken) =>
        await WithLeasesAsync(
            await Worker(request.WorkerId).AskDrainAsync(request.Reason.Length == 0 ? "asked for" : request.Reason, cancellationToken), cancellationToken);

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

    /// <summary>The worker with its leases, each as its owner sees it: a lease that its owner no longer knows as this worker's is left out.</summary>
    private async Task<Wire.Worker> WithLeasesAsync(WorkerView view, CancellationToken cancellationToken)
    {
        var wire = view.ToWire();
        foreach (var some in view.Leases.Chunk(SideBySide))
        {
            var tasks = await Task.WhenAll(some.Select(lease => grains.GetGrain<ITaskGrain>(lease.TaskId.Value).GetAsync(cancellationToken)));
            wire.Leases.Add(tasks.OfType<TaskView>().Where(task => task.Worker == view.WorkerId).Select(ControlMapping.ToLease));
        }

        return wire;
    }

    private IWorkerGrain Worker(string id) => IdText.IsValid(id)
        ? grains.GetGrain<IWorkerGrain>(id)
        : throw new FlowException(
            FlowErrorCode.BadInput, $"'{id}' is not a worker id: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit.");
}
