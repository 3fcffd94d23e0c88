using System.Collections.Concurrent;
using Orleans.Configuration;

namespace Orleans.Embedded;

/// <content>The activations of stateless worker grains.</content>
internal sealed partial class SiloRuntime
{
    private readonly ConcurrentDictionary<GrainId, StatelessWorkers> _stateless = new();
    private readonly StatelessWorkerOptions _workerOptions;
    private readonly Lock _idleWorkersGate = new();
    private ITimer? _idleWorkersTimer;
    private bool _isWatchingIdleWorkers;

    public Activation PickStateless(GrainId grainId, GrainClass grainClass)
    {
        while (true)
        {
            var workers = _stateless.GetOrAdd(grainId, static (id, silo) => new StatelessWorkers(id, silo), this);
            if (workers.Pick(Specialize(grainClass)) is { } worker)
            {
                return worker;
            }

            _stateless.TryRemove(new KeyValuePair<GrainId, StatelessWorkers>(grainId, workers));
        }
    }

    public void RemoveStateless(Activation activation)
    {
        if (_stateless.TryGetValue(activation.GrainId, out var workers) && workers.Remove(activation))
        {
            _stateless.TryRemove(new KeyValuePair<GrainId, StatelessWorkers>(activation.GrainId, workers));
        }
    }

    /// <summary>Without a lock on the whole: there can be many.</summary>
    public IEnumerable<Activation> StatelessActivations() => _stateless.SelectMany(static pair => pair.Value.All());

    /// <summary>Looks for idle workers from now on, until no grain has more than one.</summary>
    public void WatchIdleWorkers()
    {
        if (!_workerOptions.RemoveIdleWorkers)
        {
            return;
        }

        lock (_idleWorkersGate)
        {
            if (_dead || _isWatchingIdleWorkers)
            {
                return;
            }

            _isWatchingIdleWorkers = true;
            using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            {
                _idleWorkersTimer ??= TimeProvider.CreateTimer(
                    static state => ((SiloRuntime)state!).EndIdleWorkers(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            _idleWorkersTimer.Change(_workerOptions.IdleWorkersInspectionPeriod, _workerOptions.IdleWorkersInspectionPeriod);
        }
    }

    private void EndIdleWorkers()
    {
        lock (_idleWorkersGate)
        {
            var isMore = false;
            foreach (var (_, workers) in _stateless.OrderBy(static pair => pair.Key))
            {
                isMore |= workers.EndIdle(_workerOptions.MinIdleCyclesBeforeRemoval);
            }

            if (!isMore)
            {
                // The next worker that is made begins it again.
                _isWatchingIdleWorkers = false;
                _idleWorkersTimer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void StopWatchingIdleWorkers()
    {
        lock (_idleWorkersGate)
        {
            _idleWorkersTimer?.Dispose();
        }
    }
}
