namespace Orleans.Embedded;

/// <summary>The activations of one stateless worker grain in one silo.</summary>
internal sealed class StatelessWorkers(GrainId grainId, SiloRuntime silo)
{
    private readonly Lock _gate = new();
    private readonly List<Activation> _workers = [];
    private bool _isClosed;

    /// <summary>The least busy worker, or a new one when all are busy and there may be more.</summary>
    /// <returns>Null when the last worker has gone and this must be replaced.</returns>
    public Activation? Pick(GrainClass grainClass)
    {
        Activation created;
        lock (_gate)
        {
            if (_isClosed)
            {
                return null;
            }

            Activation? best = null;
            foreach (var worker in _workers)
            {
                if (worker.IsReceiving && (best is null || Volatile.Read(ref worker.StatelessLoad) < Volatile.Read(ref best.StatelessLoad)))
                {
                    best = worker;
                }
            }

            if (best is not null && (Volatile.Read(ref best.StatelessLoad) == 0 || _workers.Count >= grainClass.StatelessWorkersMax))
            {
                Interlocked.Increment(ref best.StatelessLoad);
                return best;
            }

            created = new Activation(silo, grainClass, grainId) { StatelessLoad = 1 };
            _workers.Add(created);
        }

        created.Begin();
        return created;
    }

    /// <summary>Takes a worker out.</summary>
    /// <returns>True when it was the last one.</returns>
    public bool Remove(Activation worker)
    {
        lock (_gate)
        {
            _workers.Remove(worker);
            _isClosed |= _workers.Count == 0;
            return _isClosed;
        }
    }

    public Activation[] All()
    {
        lock (_gate)
        {
            return [.. _workers];
        }
    }
}
