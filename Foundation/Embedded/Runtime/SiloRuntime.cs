using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Timers;

namespace Orleans.Embedded;

/// <summary>One silo: its activations, and what they need of it.</summary>
internal sealed partial class SiloRuntime : IGrainRuntime, ILocalSiloDetails
{
    private const int WaitingRequestsBackstop = 1_000_000;

    private readonly ConcurrentDictionary<GrainType, GrainClass> _classes = new();
    private readonly ConcurrentDictionary<Activation, byte> _stragglers = new();
    private readonly GrainCollectionOptions _collection;
    private readonly LifecycleSubject _lifecycle;
    private readonly ClusterOptions _clusterOptions;
    private readonly IdleCollector _collector;
    private ITimerRegistry? _timerRegistry;
    private long _lastActivation;
    private volatile bool _dead;
    private volatile bool _member;

    public SiloRuntime(EmbeddedCluster cluster, IServiceProvider services)
    {
        Cluster = cluster;
        Simulation = cluster.Simulation;
        Turns = cluster.Turns;
        Services = services;
        TimeProvider = services.GetRequiredService<TimeProvider>();
        Logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Orleans.Runtime.Silo");
        IncomingFilters = [.. services.GetServices<IIncomingGrainCallFilter>()];
        _collection = services.GetRequiredService<IOptions<GrainCollectionOptions>>().Value;
        _workerOptions = services.GetRequiredService<IOptions<StatelessWorkerOptions>>().Value;
        _clusterOptions = services.GetRequiredService<IOptions<ClusterOptions>>().Value;
        var scheduling = services.GetRequiredService<IOptions<SchedulingOptions>>().Value;
        SchedulingQuantum = scheduling.ActivationSchedulingQuantum;
        TurnWarningTicks = CallTimeouts.ToTicks(scheduling.TurnWarningLengthThreshold);
        var waitingMax = services.GetRequiredService<IOptions<SiloMessagingOptions>>().Value.MaxEnqueuedRequestsHardLimit;
        WaitingRequestsMax = waitingMax > 0 ? waitingMax : WaitingRequestsBackstop;
        var endpoints = services.GetRequiredService<IOptions<EndpointOptions>>().Value;
        var generation = cluster.Simulation?.NewGeneration() ?? SiloAddress.AllocateNewGeneration();
        SiloAddress = SiloAddress.New(endpoints.AdvertisedIPAddress, endpoints.SiloPort, generation);
        Client = CallClient.ForSilo(this, services);
        GrainFactory = new GrainFactory(Client);
        GatewayAddress = SiloAddress.New(endpoints.AdvertisedIPAddress, endpoints.GatewayPort, 0);
        Name = services.GetRequiredService<IOptions<SiloOptions>>().Value.SiloName ?? $"Silo_{generation}";
        _lifecycle = new LifecycleSubject($"silo {Name}", Logger);
        _collector = new IdleCollector(this);
    }

    public EmbeddedCluster Cluster { get; }

    /// <inheritdoc cref="EmbeddedCluster.Simulation"/>
    public IClusterSimulation? Simulation { get; }

    /// <inheritdoc cref="EmbeddedCluster.Turns"/>
    public ITurnObserver? Turns { get; }

    public IServiceProvider Services { get; }

    public TimeProvider TimeProvider { get; }

    public ILogger Logger { get; }

    public CallClient Client { get; }

    public IIncomingGrainCallFilter[] IncomingFilters { get; }

    public TimeSpan SchedulingQuantum { get; }

    /// <summary>In ticks of the cluster's coarse clock.</summary>
    public long TurnWarningTicks { get; }

    public int WaitingRequestsMax { get; }

    public TimeSpan ActivationTimeout => _collection.ActivationTimeout;

    public TimeSpan DeactivationTimeout => _collection.DeactivationTimeout;

    public ISiloLifecycle Lifecycle => _lifecycle;

    public bool IsDead => _dead;

    public bool IsMember => _member;

    public string Name { get; }

    public string ClusterId => _clusterOptions.ClusterId;

    public string DnsHostName => Dns.GetHostName();

    public SiloAddress SiloAddress { get; }

    public SiloAddress GatewayAddress { get; }

    public string SiloIdentity => SiloAddress.ToString();

    public IGrainFactory GrainFactory { get; }

    public ITimerRegistry TimerRegistry => _timerRegistry ??= Services.GetRequiredService<ITimerRegistry>();

    public IServiceProvider ServiceProvider => Services;

    public Core.IStorage<TGrainState> GetStorage<TGrainState>(IGrainContext grainContext)
    {
        ArgumentNullException.ThrowIfNull(grainContext);
        return StateComposition.ForGrainOfState<TGrainState>(
            grainContext,
            (grainContext as Activation ?? throw new ArgumentException($"'{grainContext}' is not an activation of this silo.", nameof(grainContext))).Class.Type);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var validator in Services.GetServices<IConfigurationValidator>())
        {
            validator.ValidateConfiguration();
        }

        foreach (var participant in Services.GetServices<ILifecycleParticipant<ISiloLifecycle>>())
        {
            participant.Participate(_lifecycle);
        }

        _lifecycle.Subscribe("grains", ServiceLifecycleStage.BecomeActive, Join, DrainAsync);
        await _lifecycle.OnStart(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_dead)
        {
            await _lifecycle.OnStop(cancellationToken);
        }
    }

    /// <summary>Ends the silo as a crash does: no grain of it takes another turn, and what is in flight fails.</summary>
    public void Kill()
    {
        _dead = true;
        _member = false;
        Cluster.Leave(this);
        Client.Dispose();
        _collector.Stop();
        StopWatchingIdleWorkers();
        foreach (var activation in Cluster.ActivationsOf(this).OrderBy(activation => activation.GrainId).ToList())
        {
            Cluster.Remove(activation);
            activation.Kill();
        }

        foreach (var (activation, _) in _stragglers.OrderBy(straggler => straggler.Key.GrainId))
        {
            activation.Kill();
        }
    }

    /// <summary>Remembers an activation that had to end while requests still ran, so that their callers learn of the silo's end.</summary>
    public void AddStraggler(Activation activation) => _stragglers[activation] = default;

    public void RemoveStraggler(Activation activation) => _stragglers.TryRemove(activation, out _);

    /// <summary>An id that is unique in this process and the same in a repeated simulation.</summary>
    public ActivationId NewActivationId()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, SiloAddress.Generation);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes[8..], Interlocked.Increment(ref _lastActivation));
        return new ActivationId(new Guid(bytes));
    }

    public void DeactivateOnIdle(IGrainContext grainContext) => grainContext.Deactivate(
        new DeactivationReason(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));

    public void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan) => ((Activation)grainContext).DelayCollection(timeSpan);

    /// <summary>The class as this silo uses it.</summary>
    public GrainClass Specialize(GrainClass grainClass) =>
        _classes.TryGetValue(grainClass.GrainType, out var known) ? known : _classes.GetOrAdd(grainClass.GrainType, _ =>
        {
            var activator = new Lazy<GrainActivator>(() => new GrainActivator(grainClass.Type, Services));
            return grainClass.For(activation => activator.Value.Create(activation), CollectionAgeTicks(grainClass.Type));
        });

    /// <summary>What a pass of the collector is to look at.</summary>
    public IEnumerable<Activation> ToCollect() => Simulation is null
        ? Cluster.ActivationsOf(this)
        : InOrder(Cluster.ActivationsOf(this).Where(activation => activation.IsCollectable(Cluster.Timeouts.NowTick)));

    // The directory's own order comes from hashes that differ from process to process, and no seed could repeat it.
    private IEnumerable<Activation> InOrder(IEnumerable<Activation> activations) =>
        Simulation is null ? activations : activations.OrderBy(activation => activation.GrainId);

    private Task Join(CancellationToken cancellationToken)
    {
        _member = true;
        Cluster.Clients.Add(Client.Objects);
        Cluster.Join(this);
        if (_collection.CollectionQuantum > TimeSpan.Zero)
        {
            _collector.Start(_collection.CollectionQuantum);
        }

        return Task.CompletedTask;
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (_dead)
        {
            return;
        }

        _collector.Stop();
        if (Cluster.Silos.Length > 1)
        {
            // Others can serve what is called from now on. The last silo still serves the calls of grains that deactivate.
            _member = false;
            Cluster.Leave(this);
        }

        using var bound = new CancellationTokenSource(DeactivationTimeout + DeactivationTimeout, TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        try
        {
            using var drain = new SiloDrain(this, either.Token);
            while (Cluster.ActivationsOf(this).Any())
            {
                await drain.EndAsync(InOrder(Cluster.ActivationsOf(this))).WaitAsync(either.Token);

                // What was cut short is complete as well, and its activations are still there.
                either.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            LogDrainCut(Logger, Name, Cluster.ActivationsOf(this).Count());
        }

        Kill();
    }

    [LoggerMessage(
        EventId = 6121,
        Level = LogLevel.Warning,
        Message = "Silo {Silo} stops although {ActivationCount} activations are not deactivated: they took too long")]
    private static partial void LogDrainCut(ILogger logger, string silo, int activationCount);

    private long? CollectionAgeTicks(Type grainClass)
    {
        if (grainClass.IsDefined(typeof(KeepAliveAttribute), inherit: true))
        {
            return null;
        }

        var age = grainClass.GetCustomAttributes(typeof(CollectionAgeLimitAttribute), inherit: true) is [CollectionAgeLimitAttribute limit, ..]
            ? limit.AgeLimit
            : _collection.ClassSpecificCollectionAge.GetValueOrDefault(grainClass.FullName!, _collection.CollectionAge);
        return age >= TimeSpan.FromDays(10_000) ? null : CallTimeouts.ToTicks(age);
    }
}
