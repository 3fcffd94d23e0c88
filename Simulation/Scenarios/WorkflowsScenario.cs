using System.Globalization;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Workflows;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>
/// Runs of random workflows: splits, joins, loops, branches, fallbacks, retries, signals, timers, batches, nested workflows, child runs, continuations. Each has one
/// right answer, which an independent reading of its parts gives; callers send signals, updates and queries, again when they are unsure, pause, resume, reset,
/// move runs to a newer version and sometimes cancel.
/// </summary>
internal sealed class WorkflowsScenario : SimulationScenario
{
    public override string Name => "workflows";

    public override string Summary => "runs of random workflows with signals, timers, children and updates, whose outputs and contexts must be those of a sequential run";

    /// <summary>A wait is until a time of day: where one silo's clock is an hour ahead and another's an hour behind, a wait that the one began lasts two hours longer.</summary>
    public override TimeSpan QuietTime => TimeSpan.FromMinutes(150);

    public override WorldOptions Options(SeededRandom random)
    {
        var mayFail = random.Chance(0.25);
        return base.Options(random) with
        {
            SlotsPerWorker = random.Pick<int>([1, 3, 10]),
            Workflows = [.. Enumerable.Range(1, random.Between(1, 2)).Select(number => RandomWorkflow.Create(random, string.Create(CultureInfo.InvariantCulture, $"flow-{number}"), mayFail))],
        };
    }

    public override OpenWork Begin(SimulatedWorld world, SeededRandom random)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var open = new OpenWork(id => seen.GetValueOrDefault(id, "not seen"));
        for (var number = random.Between(1, 4); number > 0; number--)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"run-{number}");
            var run = new WorkflowCaller(world, id, random.Pick(world.Options.Workflows), new SeededRandom(world.Seed, id), open, seen);
            var start = random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(4));
            open.Add(id);
            world.History.Add($"{id} is {run.Workflow.Text} of {run.Workflow.Input}");
            world.StartCaller(() => run.RunAsync(start));
        }

        return open;
    }
}
