using OrleansFlow.Errors;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>Work for a simulated world. A scenario submits it, disturbs it as callers may, and knows when it has ended.</summary>
internal abstract class SimulationScenario
{
    /// <summary>All scenarios, by name.</summary>
    public static IReadOnlyList<SimulationScenario> All { get; } =
        [new LeasesScenario(), new GraphsScenario(), new RoutingScenario(), new RandomGraphsScenario(), new ScatterScenario(), new LimitsScenario(), new WorkflowsScenario(), new QueriesScenario(), new JobsScenario()];

    /// <summary>Name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it is about, in a line.</summary>
    public abstract string Summary { get; }

    /// <summary>How long faults happen.</summary>
    public virtual TimeSpan FaultTime => TimeSpan.FromSeconds(10);

    /// <summary>How long everything may take to end once faults have.</summary>
    public virtual TimeSpan QuietTime => TimeSpan.FromSeconds(90);

    /// <summary>The size of the world.</summary>
    public virtual WorldOptions Options(SeededRandom random) => new() { SiloCount = random.Between(1, 3), WorkerCount = random.Between(1, 3) };

    /// <summary>Starts the callers.</summary>
    /// <param name="world">The world.</param>
    /// <param name="random">Draws the work.</param>
    /// <returns>What has not ended, as the callers see it.</returns>
    public abstract OpenWork Begin(SimulatedWorld world, SeededRandom random);

    /// <summary>Calls until the call is answered: callers must repeat what they do not know the outcome of.</summary>
    internal static async Task<T> UntilAnsweredAsync<T>(SimulatedWorld world, Func<Task<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception exception) when (IsPassing(exception))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), world.Clock);
            }
        }
    }

    /// <summary>Whether an exception says nothing against a call: something was lost or failed on its way.</summary>
    internal static bool IsPassing(Exception exception) => exception switch
    {
        TimeoutException or OrleansException or IOException => true,
        FlowException flow => flow.Kind.Retry != RetryAdvice.Never,
        _ => false,
    };
}
