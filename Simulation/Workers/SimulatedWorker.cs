using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Errors;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Workflows;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Sessions;
using OrleansFlow.Workflows.Execution;

namespace OrleansFlow.Simulation.Workers;

/// <summary>One life of a worker: the product's session, leases and attempts in a process that can be killed.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A killed process disposes nothing, and nothing here holds more than memory.")]
internal sealed class SimulatedWorker
{
    private readonly SimulatedWorld _world;
    private readonly CancellationTokenSource _stopping = new();
    private readonly WorkerSession _session;

    /// <summary>Makes a worker; <see cref="Start"/> lets it serve.</summary>
    public SimulatedWorker(SimulatedWorld world, string name, int life, double clockRate, TimeSpan clockOffset)
    {
        _world = world;
        Name = name;
        Life = life;
        Id = new WorkerId(name);
        Process = new SimulatedProcess(world.Kernel, name, clockRate);
        Process.Clock.Offset = clockOffset;
        var services = new ServiceCollection().AddSingleton(world).AddSingleton(this).BuildServiceProvider();
        _session = new WorkerSession(
            new SimulatedTransport(world, this),
            new WorkerSessionOptions
            {
                WorkerId = Id,
                Slots = world.Options.SlotsPerWorker,
                TempFolder = "none",
                ReportWindow = 2,

                // What this process allocates and how large it is differs from one simulation of a seed to the next.
                MeasuresBatches = false,
                PrefetchBatches = 2,
                ShutdownGrace = TimeSpan.FromSeconds(2),
                StopGrace = TimeSpan.FromSeconds(2),
            },
            Serve(world),
            services.GetRequiredService<IServiceScopeFactory>(),
            _ => new SimulatedArtifactStore(world, Process),
            Process.Clock,
            new SeededReconnects(world.Faults),
            SimulatedWorld.Shared.Loggers,
            SimulatedWorld.Shared.Meters);
    }

    /// <summary>Its place in the network; the same in every life.</summary>
    public string Name { get; }

    /// <summary>1 for the first.</summary>
    public int Life { get; }

    public WorkerId Id { get; }

    public SimulatedProcess Process { get; }

    /// <summary>Whether it was killed, or its session has ended by itself.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Begins to serve.</summary>
    public void Start()
    {
        _world.History.Add($"{Name} starts (life {Life})");
        _ = Process.RunAsync(async () =>
        {
            try
            {
                await _session.RunAsync(_stopping.Token, CancellationToken.None);
                _world.History.Add($"{Name} has left");
            }
            catch (FlowException exception)
            {
                _world.History.Add($"{Name} gives up: {exception.Kind.Wire}");
            }

            HasEnded = true;
            _world.Supervise(this);
        });
    }

    /// <summary>Asks it to leave in order.</summary>
    public void Stop()
    {
        _world.History.Add($"{Name} is told to stop");
        Process.RunInline(static source => ((CancellationTokenSource)source!).Cancel(), _stopping);
    }

    /// <summary>Ends at once, wherever its code stands.</summary>
    public void Kill()
    {
        _world.History.Add($"{Name} crashes");
        Process.Kill();
        HasEnded = true;
        _world.BreakLinks(link => ReferenceEquals(link.Worker, this));
    }

    private static RoleCatalog Serve(SimulatedWorld world) => world.Options.Workflows.Count > 0
        ? new RoleCatalog(world.Options.Workflows.SelectMany(workflow => workflow.Served).Select(served => new SlowSteps(served.ToSteps(), world.Faults))
            .SelectMany(steps => WorkflowRoles.Of(steps.Compiled, []).Select(role => new RoleRegistration(role, steps))))
        : world.Options.Limits is null ? SimulatedWorld.Shared.Roles : SimulatedWorld.Shared.BothRoles;

    /// <summary>The spread of reconnects, drawn from the seed.</summary>
    private sealed class SeededReconnects(SeededRandom random) : Random
    {
        public override double NextDouble() => random.NextDouble();
    }
}
