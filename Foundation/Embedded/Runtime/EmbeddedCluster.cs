using System.Collections.Concurrent;

namespace Orleans.Embedded;

/// <summary>The silos of this process that belong together, and the directory that holds each grain to one activation.</summary>
internal sealed class EmbeddedCluster : IDisposable
{
    private readonly ConcurrentDictionary<GrainId, Activation> _directory = new();
    private readonly ConcurrentDictionary<string, object> _memory = new();
    private readonly ConcurrentDictionary<GrainId, SiloRuntime> _moves = new();
    private readonly Lock _gate = new();
    private SiloRuntime[] _silos = [];
    private long _lastClient;
    private int _moveCount;

    public EmbeddedCluster(TimeProvider clock, IClusterSimulation? simulation = null, ITurnObserver? turns = null)
    {
        Clock = clock;
        Simulation = simulation;
        Turns = turns;

        // A simulation has one thread: what continues there continues at once, in an order that the seed decides.
        ContinuationOptions = simulation is null ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None;
        Timeouts = new CallTimeouts(clock, simulation is null ? Environment.ProcessorCount : 1);
    }

    public TimeProvider Clock { get; }

    public CallTimeouts Timeouts { get; }

    /// <summary>Takes over where work is queued and how calls travel; null outside simulations.</summary>
    public IClusterSimulation? Simulation { get; }

    /// <summary>Hears of turns on the thread pool; null outside tests.</summary>
    public ITurnObserver? Turns { get; }

    /// <summary>The clients whose objects grains call.</summary>
    public ClientRoutes Clients { get; } = new();

    /// <summary>How sources of completion are made.</summary>
    public TaskCreationOptions ContinuationOptions { get; }

    /// <summary>The silos that take part, in the order they joined.</summary>
    public SiloRuntime[] Silos => Volatile.Read(ref _silos);

    /// <summary>Raised after a silo has joined or left.</summary>
    public event Action? MembersChanged;

    /// <summary>A name for a new client; not used again in any process, for references to a client's objects are stored.</summary>
    public string NewClientId() => Simulation is null
        ? Guid.NewGuid().ToString("N")
        : $"client{Interlocked.Increment(ref _lastClient).ToString(System.Globalization.CultureInfo.InvariantCulture)}";

    public void Join(SiloRuntime silo)
    {
        lock (_gate)
        {
            Volatile.Write(ref _silos, [.. _silos, silo]);
        }

        MembersChanged?.Invoke();
    }

    public void Leave(SiloRuntime silo)
    {
        lock (_gate)
        {
            Volatile.Write(ref _silos, [.. _silos.Where(other => !ReferenceEquals(other, silo))]);
        }

        MembersChanged?.Invoke();
    }

    /// <summary>Something that lives in the memory of the cluster and outlives its silos.</summary>
    public T Memory<T>(string name)
        where T : class, new() => (T)_memory.GetOrAdd(name, static _ => new T());

    public void Dispatch(GrainRequest request)
    {
        var reference = request._reference!;
        var activation = reference._lastActivation;
        if (activation is null || !activation.IsReceiving)
        {
            if (reference.Shared.GrainType == ClientRoutes.ClientType)
            {
                Clients.Deliver(request);
                return;
            }

            try
            {
                activation = Find(reference.GrainId, request._caller?.Silo, request._context);
            }
            catch (Exception exception)
            {
                // No silo, or no such grain class: the caller gets it as the answer.
                request.TryFail(exception);
                request.ReleaseOwner();
                return;
            }

            if (!activation.Class.IsStatelessWorker)
            {
                reference._lastActivation = activation;
            }
        }

        Volatile.Write(ref request._target, activation);
        if (Simulation is { } simulation)
        {
            simulation.Send(request, activation);
        }
        else
        {
            activation.Enqueue(request);
        }
    }

    public Activation? TryFind(GrainId grainId) =>
        _directory.TryGetValue(grainId, out var activation) && activation.IsReceiving ? activation : null;

    /// <summary>Adds an activation that is placed by whoever makes it, and begins it.</summary>
    public void AddPlaced(Activation activation)
    {
        _directory[activation.GrainId] = activation;
        activation.Begin();
    }

    public IEnumerable<Activation> ActivationsOf(SiloRuntime silo)
    {
        foreach (var (_, activation) in _directory)
        {
            if (ReferenceEquals(activation.Silo, silo))
            {
                yield return activation;
            }
        }

        foreach (var activation in silo.StatelessActivations())
        {
            yield return activation;
        }
    }

    public void Remove(Activation activation)
    {
        if (activation.Class.IsStatelessWorker)
        {
            activation.Silo.RemoveStateless(activation);
            return;
        }

        _directory.TryRemove(new KeyValuePair<GrainId, Activation>(activation.GrainId, activation));
    }

    /// <summary>The silo that a grain without an activation belongs to. The same for everybody who asks while the members stay the same.</summary>
    public SiloRuntime Place(GrainId grainId)
    {
        if (Volatile.Read(ref _moveCount) > 0 && _moves.TryGetValue(grainId, out var moving) && moving.IsMember)
        {
            return moving;
        }

        var silos = Silos;
        return silos.Length switch
        {
            0 => throw new SiloUnavailableException($"No silo runs that could serve grain {grainId}; start one, or wait until it has started."),
            1 => silos[0],
            _ => silos[(int)(grainId.GetUniformHashCode() % (uint)silos.Length)],
        };
    }

    /// <summary>Ends a grain's activation and makes one in another silo; does nothing when the grain is not active or there is no other silo.</summary>
    public async Task MoveAsync(GrainId grainId, SiloRuntime? target)
    {
        if (TryFind(grainId) is not { } activation
            || (target ?? Array.Find(Silos, silo => !ReferenceEquals(silo, activation.Silo))) is not { } chosen
            || ReferenceEquals(chosen, activation.Silo))
        {
            return;
        }

        _moves[grainId] = chosen;
        Interlocked.Increment(ref _moveCount);
        try
        {
            await activation.EndAsync(new DeactivationReason(DeactivationReasonCode.Migrating, $"The grain moves to silo {chosen.Name}."));
            Find(grainId, null);
        }
        finally
        {
            Interlocked.Decrement(ref _moveCount);
            _moves.TryRemove(new KeyValuePair<GrainId, SiloRuntime>(grainId, chosen));
        }
    }

    public void Dispose() => Timeouts.Dispose();

    private Activation Find(GrainId grainId, SiloRuntime? callerSilo, RequestContextValues? context = null)
    {
        while (true)
        {
            if (_directory.TryGetValue(grainId, out var activation))
            {
                if (activation.IsReceiving)
                {
                    return activation;
                }

                Remove(activation);
            }

            var grainClass = GrainManifest.Current.ClassOf(grainId.Type);
            var silo = Place(grainId);
            if (grainClass.IsStatelessWorker)
            {
                return (callerSilo is { IsMember: true } ? callerSilo : silo).PickStateless(grainId, grainClass);
            }

            var created = new Activation(silo, silo.Specialize(grainClass), grainId);
            activation = _directory.GetOrAdd(grainId, created);
            if (!ReferenceEquals(activation, created))
            {
                continue;
            }

            created.Begin(context);
            if (!silo.IsDead)
            {
                return created;
            }

            // The silo was killed while the grain was placed on it.
            Remove(created);
            created.Kill();
        }
    }
}
