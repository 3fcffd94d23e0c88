using System.Globalization;
using System.Runtime.ExceptionServices;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Invariants;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Scenarios;

namespace OrleansFlow.Simulation;

/// <summary>Runs simulated worlds. Each has a thread of its own, on which the caller waits; several may run at a time.</summary>
public static class SimulationRunner
{
    // Far more than any world of a scenario needs: a world that gets here runs in circles.
    private const long StepsMax = 5_000_000;

    /// <summary>Names of the scenarios, with what each is about.</summary>
    public static IReadOnlyList<(string Name, string Summary)> Scenarios { get; } =
        [.. SimulationScenario.All.Select(scenario => (scenario.Name, scenario.Summary))];

    /// <summary>Runs one world to its end.</summary>
    /// <param name="scenario">One of <see cref="Scenarios"/>.</param>
    /// <param name="seed">Decides everything.</param>
    /// <param name="keepsHistory">Whether the result shall hold the history, which makes the run slower.</param>
    /// <exception cref="ArgumentException">There is no such scenario.</exception>
    public static SimulationResult Run(string scenario, ulong seed, bool keepsHistory = false) => Run(scenario, seed, keepsHistory, null);

    /// <summary>Runs one world with a deliberate fault of the protocol.</summary>
    internal static SimulationResult Run(string scenario, ulong seed, bool keepsHistory, Mutation? mutation)
    {
        var work = SimulationScenario.All.FirstOrDefault(one => one.Name == scenario) ?? throw new ArgumentException(
            $"There is no scenario '{scenario}'; choose one of: {string.Join(", ", Scenarios.Select(one => one.Name))}.", nameof(scenario));

        // A thread of its own, always: what .NET runs inline depends on whether the thread is a pool thread, and which contexts it has.
        SimulationResult? result = null;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = Run(work, seed, keepsHistory, mutation);
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        }) { IsBackground = true, Name = "simulation" };
        thread.UnsafeStart();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    private static SimulationResult Run(SimulationScenario scenario, ulong seed, bool keepsHistory, Mutation? mutation)
    {
        var random = new SeededRandom(seed, "scenario " + scenario.Name);
        var world = new SimulatedWorld(seed, scenario.Options(random), keepsHistory, mutation);
        world.History.Add($"{scenario.Name} with seed {seed}: {world.Options.SiloCount} silos, {world.Options.WorkerCount} workers");
        world.Start();
        var work = scenario.Begin(world, random);
        new FaultPlan(world).Begin(scenario.FaultTime);
        var limit = scenario.FaultTime + scenario.QuietTime;
        while (world.Watch.Violation is null)
        {
            if (world.Kernel.Now > scenario.FaultTime && work.HasEnded)
            {
                world.Watch.OnEnd();
                break;
            }

            if (world.Kernel.Now > limit || world.Kernel.StepCount >= StepsMax)
            {
                world.Watch.Violate($"progress: {scenario.QuietTime.TotalSeconds} s after the last fault {work}");
                break;
            }

            if (!Step(world))
            {
                world.Watch.Violate($"progress: nothing is left to do, but {work}");
                break;
            }

            world.Watch.OnStep();
        }

        world.History.Add(
            $"end: {world.Watch.Violation ?? "all rules held"}; {world.Kernel.StepCount} steps, {world.Kernel.TurnCount} turns, trace {world.Kernel.Trace.ToString("x16", CultureInfo.InvariantCulture)}");
        return new SimulationResult(
            scenario.Name, seed, world.Watch.Violation, world.Kernel.StepCount, world.Kernel.TurnCount, world.Kernel.Now, world.Kernel.Trace, world.History.Lines)
        {
            Faults = world.Tally.Counts,
        };
    }

    private static bool Step(SimulatedWorld world)
    {
        try
        {
            return world.Kernel.Step();
        }
        catch (InvalidOperationException exception)
        {
            world.Watch.Violate($"the simulation itself: {exception.Message}");
            return true;
        }
    }
}
