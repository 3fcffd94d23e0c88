using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Simulation.Storage;
using OrleansFlow.Simulation.Workers;
using OrleansFlow.Worker.Attempts;

namespace OrleansFlow.Simulation.Cluster;

/// <summary>What all worlds of this process share: it holds nothing of any world, and is slow to make.</summary>
internal sealed class SharedParts
{
    /// <summary>The role that every simulated worker serves.</summary>
    public const string Role = "work";

    /// <summary>The role that they serve besides in a world with limits.</summary>
    public const string SecondRole = "play";

    /// <summary>The only instance.</summary>
    public static readonly SharedParts Instance = new();

    private SharedParts()
    {
        using var services = new ServiceCollection().AddFlowGrains().BuildServiceProvider();
        Json = SimulatedGrainStorage.MakeJson(services.GetServices<IJsonTypeInfoResolver>());
    }

    /// <summary>How states are written.</summary>
    public JsonSerializerOptions Json { get; }

    /// <summary>What workers serve.</summary>
    public RoleCatalog Roles { get; } = new([new RoleRegistration(Role, typeof(SimulatedHandler))]);

    /// <summary>What they serve in a world with limits.</summary>
    public RoleCatalog BothRoles { get; } = new([new RoleRegistration(Role, typeof(SimulatedHandler)), new RoleRegistration(SecondRole, typeof(SimulatedHandler))]);

    /// <summary>Logs nothing: the history says what happens.</summary>
    public ILoggerFactory Loggers { get; } = NullLoggerFactory.Instance;

    /// <summary>Counts into instruments that nobody reads.</summary>
    public IMeterFactory Meters { get; } = new OneMeter();

    private sealed class OneMeter : IMeterFactory
    {
        private readonly Meter _meter = new("OrleansFlow.Simulation");

        public Meter Create(MeterOptions options) => _meter;

        public void Dispose()
        {
            // Lives as long as the process.
        }
    }
}
