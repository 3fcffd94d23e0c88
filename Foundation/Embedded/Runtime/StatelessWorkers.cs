namespace Orleans.Embedded;

/// <summary>The activations of one stateless worker grain in one silo.</summary>
internal sealed class StatelessWorkers(GrainId grainId, SiloRuntime silo)
{
    private readonly Lock _gate = new();
    private readonly List<Worker> _workers = [];
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

            Worker? best = null;
            foreach (var worker in _workers)
            {
                if (worker.Activation.IsReceiving && (best is null || worker.Load < best.Load))
                {
                    best = worker;
                }
            }

            if (best is not null && (best.Load == 0 || _workers.Count >= grainClass.StatelessWorkersMax))
            {
                best.IdleCycles = 0;
                Interlocked.Increment(ref best.Activation.StatelessLoad);
                return best.Activation;
            }

            created = new Activation(silo, grainClass, grainId) { StatelessLoad = 1 };
            _workers.Add(new Worker(created));
        }

        created.Begin();
        if (grainClass.RemovesIdleWorkers)
        {
            silo.WatchIdleWorkers();
        }

        return created;
    }

    /// <summary>Ends the workers that had nothing to do in so many looks one after the other; the last one stays for its collection age.</summary>
    /// <returns>Whether there may be more to end at a later look.</returns>
    public bool EndIdle(int idleCyclesMin)
    {
        lock (_gate)
        {
            var staying = _workers.Count;
            foreach (var worker in _workers)
            {
                worker.IdleCycles = worker.Load == 0 ? worker.IdleCycles + 1 : 0;
                if (staying > 1 && worker.IdleCycles >= idleCyclesMin && worker.Activation.Class.RemovesIdleWorkers)
                {
                    staying--;
                    worker.Activation.EndIfIdle();
                }
            }

            return staying > 1;
        }
    }

    /// <summary>Takes a worker out.</summary>
    /// <returns>True when it was the last one.</returns>
    public bool Remove(Activation worker)
    {
        lock (_gate)
        {
            _workers.RemoveAll(known => ReferenceEquals(known.Activation, worker));
            _isClosed |= _workers.Count == 0;
            return _isClosed;
        }
    }

    public Activation[] All()
    {
        lock (_gate)
        {
            return [.. _workers.Select(static worker => worker.Activation)];
        }
    }

    private sealed class Worker(Activation activation)
    {
        public Activation Activation { get; } = activation;

        public int IdleCycles { get; set; }

        public int Load => Volatile.Read(ref Activation.StatelessLoad);
    }
}
