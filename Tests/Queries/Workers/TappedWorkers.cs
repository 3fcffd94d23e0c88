using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Worker.Data;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Queries.Workers;

/// <summary>The registered worker processes, each behind a tap, in place of the gateway's own list.</summary>
internal sealed class TappedWorkers : IQueryWorkers, IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, WorkerTap> _taps = new(StringComparer.Ordinal);
    private readonly HashSet<string> _killed = new(StringComparer.Ordinal);
    private WorkerCalls? _workers;

    /// <summary>What the current query passes.</summary>
    public StageGate Gate { get; set; } = new(stage: 0, taskCount: 0);

    public void AddTo(IServiceCollection services) => services.AddSingleton<IQueryWorkers>(provider =>
    {
        _workers = provider.GetRequiredService<WorkerCalls>();
        return this;
    });

    public WorkerTap TapOf(string id) => _taps[id];

    public async Task<IReadOnlyList<QueryPeer>> ListAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            foreach (var view in await _workers!.ReadAllAsync(cancellationToken))
            {
                var id = view.WorkerId.Value;
                if (view.Liveness == WorkerLiveness.Online && !_killed.Contains(id) && !_taps.ContainsKey(id) && DataLocations.FlightOf(view.Registration.DataAddress) is { } location)
                {
                    _taps.Add(id, await WorkerTap.StartAsync(id, DataLocations.HttpOf(location), () => Gate, cancellationToken));
                }
            }

            return [.. _taps.Values.Where(tap => !_killed.Contains(tap.Id)).OrderBy(tap => tap.Id, StringComparer.Ordinal).Select(tap => tap.Peer)];
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>SIGKILL of a worker's process; its connections break with it.</summary>
    public async Task KillAsync(WorkerCluster cluster, string id)
    {
        _killed.Add(id);
        await cluster.ProcessOf(id).KillAsync();
        await _taps[id].BreakAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var tap in _taps.Values)
        {
            await tap.DisposeAsync();
        }

        _turn.Dispose();
    }
}
