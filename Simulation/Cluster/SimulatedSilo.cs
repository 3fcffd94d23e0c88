using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Embedded;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Grains;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Silo.Gateway.Errors;
using OrleansFlow.Silo.Gateway.Sessions;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Workers;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Simulation.Cluster;

/// <summary>One life of a silo: the product's grains and gateway sessions in a process that can be killed.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A killed process disposes nothing, and nothing here holds more than memory.")]
internal sealed class SimulatedSilo
{
    private readonly SimulatedWorld _world;
    private readonly ServiceProvider _services;
    private readonly SiloRuntime _runtime;
    private readonly CancellationTokenSource _stopping = new();
    private int _lastSession;

    /// <summary>Makes a silo; <see cref="StartAsync"/> lets it join.</summary>
    /// <param name="world">Where it lives.</param>
    /// <param name="name">Its place.</param>
    /// <param name="life">1 for the first.</param>
    /// <param name="clockOffset">How far the wall clock of its machine is off.</param>
    public SimulatedSilo(SimulatedWorld world, string name, int life, TimeSpan clockOffset)
    {
        _world = world;
        Name = name;
        Life = life;
        Process = new SimulatedProcess(world.Kernel, name);
        Process.Clock.Offset = clockOffset;
        if (clockOffset != TimeSpan.Zero)
        {
            world.Tally.Add(FaultKind.ClockSkew);
        }

        _services = Compose();
        _runtime = _services.GetRequiredService<SiloRuntime>();
        world.Cluster.Register(_runtime, Process);
    }

    /// <summary>Its place in the network; the same in every life.</summary>
    public string Name { get; }

    /// <summary>1 for the first.</summary>
    public int Life { get; }

    public SimulatedProcess Process { get; }

    /// <summary>Fires when it stops in order.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Whether it has ended, in whatever way.</summary>
    public bool HasEnded => Process.IsDead;

    /// <summary>Whether it takes worker sessions.</summary>
    public bool IsServing { get; private set; }

    /// <summary>Joins the cluster and begins to serve.</summary>
    public Task StartAsync() => Process.RunAsync(async () =>
    {
        await _runtime.StartAsync(CancellationToken.None);
        _services.GetRequiredService<SiloServingClock>().MarkServing();
        IsServing = true;
        _world.History.Add($"{Name} serves (life {Life})");
    });

    /// <summary>Leaves in order: activations end, what they owe is written.</summary>
    public Task StopAsync() => Process.RunAsync(async () =>
    {
        IsServing = false;
        _world.History.Add($"{Name} stops");
        await _stopping.CancelOnSchedulerAsync();
        await _runtime.StopAsync(CancellationToken.None);
        Process.Kill();
        _world.BreakLinks(link => ReferenceEquals(link.Silo, this));
        _world.History.Add($"{Name} has stopped");
    });

    /// <summary>Ends at once, wherever its code stands.</summary>
    public void Kill()
    {
        _world.History.Add($"{Name} crashes");
        IsServing = false;
        Process.Kill();
        _world.Store.OnCrash(Process);
        _runtime.Kill();
        _world.BreakLinks(link => ReferenceEquals(link.Silo, this));
    }

    /// <summary>Serves a worker's stream to its end.</summary>
    public void Accept(SimulatedLink link) => _ = Process.RunAsync(async () =>
    {
        var session = $"{Name}.{Life}.{++_lastSession}";
        FlowException? error = null;
        try
        {
            var welcome = new SessionWelcome(session, "simulated", "artifacts", []);
            await new GatewaySession(
                _services.GetRequiredService<IGrainFactory>(), link, welcome, new GatewaySessionOptions(), Process.Clock,
                _services.GetRequiredService<ILogger<GatewaySession>>()).RunAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            error = FlowFailures.Translate(exception);
            _world.History.Add($"session {session} of {link.Worker.Name} ends: {error.Kind.Wire}");
        }

        link.CompleteDown(error);
    });

    private ServiceProvider Compose()
    {
        var services = new ServiceCollection();
        var configuration = new ConfigurationBuilder().Build();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSingleton<TimeProvider>(Process.Clock);
        services.AddSingleton(SimulatedWorld.Shared.Loggers);
        services.AddSingleton(_world.Cluster.Members);
        var silo = SiloBuilder.For(services, configuration);
        services.Configure<SiloOptions>(options => options.SiloName = Name);
        services.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = _world.Options.ResponseTimeout);
        services.AddFlowGrains();
        services.Configure<LeaseOptions>(options =>
        {
            options.Duration = _world.Options.Leases.Duration;
            options.HeartbeatInterval = _world.Options.Leases.HeartbeatInterval;
            options.ReconnectGrace = _world.Options.Leases.ReconnectGrace;
            options.ServingGrace = _world.Options.Leases.ServingGrace;
        });
        if (_world.Options.Limits is { } limits)
        {
            services.Configure<LimitOptions>(options =>
            {
                (options.Total, options.EachRole) = (limits.Total, limits.EachRole);
                foreach (var (role, limit) in limits.Roles)
                {
                    options.Roles[role] = limit;
                }
            });
        }

        services.AddSingleton(Microsoft.Extensions.Options.Options.Create(_world.Options.Queries));
        if (_world.Jobs is { } jobs)
        {
            jobs.AddTo(services, Process);
        }

        services.AddSingleton<ILeaseRules>(_world.Rules);
        services.AddKeyedSingleton(FlowGrainStorage.Name, _world.StorageFor(Process));
        silo.UseInMemoryReminderService();
        return services.BuildServiceProvider();
    }
}
