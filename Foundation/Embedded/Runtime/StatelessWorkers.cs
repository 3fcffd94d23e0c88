namespace Orleans.Embedded;

/// <summary>The activations of one stateless worker grain in one silo.</summary>
internal sealed class StatelessWorkers(GrainId grainId, SiloRuntime silo)
{
    private readonly Lock _gate = new();
    private readonly List<Activation> _workers = [];

    /// <summary>The least busy worker, or a new one when all are busy and there may be more.</summary>
    public Activation Pick(GrainClass grainClass)
    {
        Activation created;
        lock (_gate)
        {
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

    public void Remove(Activation worker)
    {
        lock (_gate)
        {
            _workers.Remove(worker);
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
