using System.Globalization;
using System.Text;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Graphs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>Graph runs that scatter over lists and batches with barriers and windows, run graphs in graphs, and undo their nodes when they fail.</summary>
internal sealed class ScatterScenario : GraphsScenario
{
    /// <summary>What people are shown in the place of a role of a node that runs a graph.</summary>
    public const string GraphRole = PlanChild.Role;

    /// <summary>Most tasks in hand of every node that has a window.</summary>
    private const int Window = 2;

    public override string Name => "scatter";

    public override string Summary => "graph runs with foreach, windows, graphs in graphs and compensation under the same faults";

    protected override string Document(SeededRandom random)
    {
        var text = new StringBuilder("""{"name":"simulated","nodes":[""");
        var count = random.Between(2, 5);
        for (var node = 0; node < count; node++)
        {
            text.Append(node == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$"""{"id":"n{{node}}",""");
            int? parent = node > 0 && random.Chance(0.7) ? random.Between(0, node - 1) : null;
            var isGraph = random.Chance(0.25);
            text.Append(isGraph ? Inner(random) : Work(random));
            if (parent is { } known)
            {
                text.Append(CultureInfo.InvariantCulture, $$""","depends_on":["n{{known}}"]""");
                text.Append(!isGraph && random.Chance(0.5) ? ""","start_when":"first_batch" """ : "");
            }

            if (random.Chance(0.5))
            {
                text.Append(Foreach(random, parent));
            }

            text.Append(random.Chance(0.4) ? $$""","concurrency":{"limit":{{Window}}}""" : "");
            text.Append(random.Chance(0.4) ? Compensation(random) : "");
            text.Append('}');
        }

        return text.Append("]}").ToString();
    }

    protected override async Task LookAsync(SimulatedWorld world, IGraphRunGrain run, RunView view)
    {
        foreach (var node in view.Nodes)
        {
            var inHand = node.Tasks.Count(task => task.Status is FlowTaskStatus.Ready or FlowTaskStatus.Leased or FlowTaskStatus.BackingOff);
            if (node.Limit is { } limit && inHand > limit)
            {
                world.Watch.Violate($"node {node.NodeId} of {view.RunId} has {inHand} tasks in hand; its limit is {limit}");
            }
        }

        foreach (var child in ChildrenOf(view))
        {
            await SeeAsync(world, child);
        }
    }

    /// <summary>What ends a run ends the runs that are tasks of it, and nothing of theirs stays leased.</summary>
    protected override async Task AfterEndAsync(SimulatedWorld world, RunView view)
    {
        foreach (var child in ChildrenOf(view))
        {
            while (await SeeAsync(world, child) is { Status: not (RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled) })
            {
                await Task.Delay(TimeSpan.FromMilliseconds(300), world.Clock);
            }
        }
    }

    protected override void CheckEnd(SimulatedWorld world, RunView view)
    {
        foreach (var undo in view.Nodes.Where(node => node.NodeId.EndsWith(PlanCompensation.Suffix, StringComparison.Ordinal)))
        {
            var node = view.Nodes.Single(one => one.NodeId + PlanCompensation.Suffix == undo.NodeId);
            var isOver = undo.Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Skipped;
            var mustRun = view.Status == RunStatus.Failed && node.Status == RunStatus.Completed;
            if (!isOver || (mustRun && undo.Status == RunStatus.Skipped) || (undo.Status == RunStatus.Completed && node.Status != RunStatus.Completed))
            {
                world.Watch.Violate($"{view.RunId} is {view.Status} and {node.NodeId} is {node.Status}, and what undoes it is {undo.Status}");
            }
        }
    }

    private static IEnumerable<RunId> ChildrenOf(RunView view) =>
        view.Nodes.SelectMany(node => node.Tasks).Select(task => task.ChildRun).Where(child => !child.IsDefault);

    /// <returns>Null while the run was not submitted.</returns>
    private static async Task<RunView?> SeeAsync(SimulatedWorld world, RunId child)
    {
        var view = await UntilAnsweredAsync(world, () => world.Cluster.Client.GetGrain<IGraphRunGrain>(child.Value).GetAsync(CancellationToken.None));
        if (view is not null)
        {
            world.Watch.OnRunSeen(view);
        }

        return view;
    }

    private static string Work(SeededRandom random) => string.Create(CultureInfo.InvariantCulture, $$"""
        "role":"{{SharedParts.Role}}","retry":{"max":{{random.Between(0, 3)}},"backoff_sec":{{random.Pick<int>([0, 1])}}},
        "params":{"batches":{{random.Between(0, 3)}},"ms":{{random.Pick<int>([5, 50, 500])}},"fail":{{(random.Chance(0.3) ? 0.4 : 0)}}}
        """).ReplaceLineEndings("");

    private static string Inner(SeededRandom random) =>
        $$""" "graph":{"outputs":{"rows":"nodes.a.rows"},"nodes":[{"id":"a",{{Work(random)}}{{(random.Chance(0.3) ? Compensation(random) : "")}}},{"id":"b",{{Work(random)}},"depends_on":["a"]}]}""";

    private static string Foreach(SeededRandom random, int? parent)
    {
        var barrier = random.Pick<string>(["all", "all", "any", "count:2"]);
        return parent is { } batches && random.Chance(0.6)
            ? string.Create(CultureInfo.InvariantCulture, $$""","foreach":{"batches_of":"n{{batches}}","barrier":"{{barrier}}"}""")
            : string.Create(CultureInfo.InvariantCulture, $$""","foreach":{"items":[{{string.Join(",", Enumerable.Range(1, random.Between(1, 5)))}}],"barrier":"{{barrier}}"}""");
    }

    private static string Compensation(SeededRandom random) => string.Create(CultureInfo.InvariantCulture, $$"""
        ,"compensate":{"role":"{{SharedParts.Role}}","params":{"ms":20,"fail":0.2},"retry":{"max":3,"backoff_sec":0},"on_cancel":{{(random.Chance(0.5) ? "true" : "false")}}}
        """).ReplaceLineEndings("");
}
