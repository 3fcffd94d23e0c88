using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Workflows;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>Whoever starts a run, and wants something of it until it has ended.</summary>
internal sealed partial class WorkflowCaller(SimulatedWorld world, string id, RandomWorkflow workflow, SeededRandom random, OpenWork open, Dictionary<string, string> seen)
{
    private const string Rule = "workflows (no lost or doubled effect)";

    private readonly IWorkflowRunGrain _run = world.Cluster.Client.GetGrain<IWorkflowRunGrain>(id);
    private readonly bool _cancels = random.Chance(0.1);
    private readonly bool _pauses = random.Chance(0.3);
    private readonly bool _startsAsGateway = random.Chance(0.7);
    private readonly bool _asks = random.Chance(0.3);
    private readonly bool _migrates = random.Chance(0.2);
    private readonly List<string> _accepted = [];
    private int _resetsLeft = random.Chance(0.2) ? random.Between(1, 2) : 0;
    private bool _wasReset;
    private int _signals;
    private int _updates;

    public RandomWorkflow Workflow => workflow;

    public async Task RunAsync(TimeSpan start)
    {
        await Task.Delay(start, world.Clock);
        var compiled = workflow.Definition.Compiled;
        foreach (var known in workflow.Children.Prepend(workflow.Definition).Select(definition => definition.Compiled))
        {
            var definition = world.Cluster.Client.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of(known.Name, known.Version));
            await SimulationScenario.UntilAnsweredAsync(world, () => definition.RegisterAsync(new Payload(known.ToUtf8()), CancellationToken.None));
        }

        var begin = new WorkflowStart { Workflow = compiled.Name, Version = compiled.Version, Hash = compiled.Hash, Input = Write(workflow.Input) };
        var starter = new WorkflowStarter(
            world.Cluster.Client, new WorkflowDefinitions(), Microsoft.Extensions.Options.Options.Create(new LimitOptions()), NullLogger<WorkflowStarter>.Instance);
        await SimulationScenario.UntilAnsweredAsync(world, () => _startsAsGateway ? starter.Start([(new RunId(id), begin)])[0] : _run.StartAsync(begin, CancellationToken.None));
        world.History.Add($"caller: {id} is accepted");
        while (true)
        {
            await Task.Delay(Patience(TimeSpan.FromMilliseconds(300)), world.Clock);
            if (await SimulationScenario.UntilAnsweredAsync(world, () => _run.GetAsync(CancellationToken.None)) is not { } view)
            {
                world.Watch.Violate($"{Rule}: {id} was accepted, and is gone");
                return;
            }

            seen[id] = view.Status.ToString();
            if (view.Status is WorkflowRunStatus.Completed or WorkflowRunStatus.Failed or WorkflowRunStatus.Cancelled)
            {
                await JudgeAsync(view);
                break;
            }

            await MeddleAsync(view);
        }

        open.Remove(id);
    }

    private async Task JudgeAsync(WorkflowRunView view)
    {
        world.History.Add($"caller: {id} is {view.Status} {view.Output} {view.Failure}");
        switch (view.Status)
        {
            case WorkflowRunStatus.Cancelled when _cancels:
            case WorkflowRunStatus.Failed when workflow.Visits.Fatal is not null:
                break;
            case WorkflowRunStatus.Completed when workflow.Visits.Fatal is null:
                var outputs = JsonSerializer.Deserialize<List<int>>(view.Output.Utf8.Span)!.Order().ToList();
                if (!outputs.SequenceEqual(workflow.Outputs))
                {
                    Violate($"gave {string.Join(',', outputs)} instead of {string.Join(',', workflow.Outputs)}");
                }

                var context = await ReadContextAsync(_run);
                if (workflow.FindWrong(context) is { } wrong)
                {
                    Violate(wrong);
                }

                if (!_wasReset && _accepted.Find(update => context[FlowParts.TouchOf(update)].Value != 1) is { } lost)
                {
                    Violate($"has lost update {lost}, which was answered");
                }

                break;
            default:
                Violate($"ended as {view.Status}: {view.Failure}");
                break;
        }

        await JudgeChildrenAsync(view);

        // What was seen to have ended stays so, also on the next silo.
        await Task.Delay(TimeSpan.FromSeconds(3), world.Clock);
        if (await SimulationScenario.UntilAnsweredAsync(world, () => _run.GetAsync(CancellationToken.None)) is not { } later
            || later.Status != view.Status || later.Output.ToString() != view.Output.ToString())
        {
            Violate($"was seen as {view.Status}, and then as something else");
        }
    }

    /// <summary>Every child ends; one that completed has its effect once; and a run that went its whole way once has as many as a sequential one.</summary>
    private async Task JudgeChildrenAsync(WorkflowRunView parent)
    {
        var wanted = parent.Status == WorkflowRunStatus.Completed ? workflow.Visits.Children : new Dictionary<string, int>();
        var looks = 0;
        while (true)
        {
            var children = await ListChildrenAsync();
            var counts = children.GroupBy(child => child.Workflow, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
            if (parent.Status == WorkflowRunStatus.Completed && !_wasReset && counts.FirstOrDefault(count => count.Value > wanted.GetValueOrDefault(count.Key)) is { Key: { } many })
            {
                Violate($"started {counts[many]} children of {many} instead of {wanted.GetValueOrDefault(many)}");
                return;
            }

            var open = children.Find(child => child.Status is WorkflowRunStatus.Running or WorkflowRunStatus.Paused);
            var missing = wanted.FirstOrDefault(count => counts.GetValueOrDefault(count.Key) < count.Value).Key;
            seen[id] = $"{parent.Status}, but {(open is null ? $"children of {missing} are missing" : $"child {open.Run} is {open.Status}")}";

            // Once more after a while: what is owed to children is owed also after the end.
            if (open is null && missing is null && ++looks == 2)
            {
                foreach (var child in children)
                {
                    await JudgeChildAsync(child);
                }

                return;
            }

            await Task.Delay(Patience(TimeSpan.FromSeconds(1)), world.Clock);
        }
    }

    private async Task JudgeChildAsync(WorkflowLine child)
    {
        var context = await ReadContextAsync(world.Cluster.Client.GetGrain<IWorkflowRunGrain>(child.Run.Value));
        var name = child.Workflow[(workflow.Definition.Compiled.Name.Length + 1)..];
        if (context[name].Value != (child.Status == WorkflowRunStatus.Completed ? 1 : 0) && child.Status != WorkflowRunStatus.Cancelled)
        {
            Violate($"has child {child.Run}, which is {child.Status} with {context[name].Value} effects");
        }
    }

    private async Task<List<WorkflowLine>> ListChildrenAsync()
    {
        var filter = new WorkflowFilter { Parent = new RunId(id) };
        var lines = new List<WorkflowLine>();
        foreach (var shard in WorkflowShards.Keys)
        {
            var index = world.Cluster.Client.GetGrain<IWorkflowIndexGrain>(shard);
            lines.AddRange(await SimulationScenario.UntilAnsweredAsync(world, () => index.ListAsync(filter, null, 1_000, CancellationToken.None)));
        }

        return lines;
    }

    private async Task<MergeMap<GrowCounter>> ReadContextAsync(IWorkflowRunGrain run)
    {
        var view = await SimulationScenario.UntilAnsweredAsync(world, () => run.GetContextAsync(CancellationToken.None));
        return view.Deltas.Aggregate(Read(view.Snapshot), (context, delta) => context.Merge(Read(delta)));

        static MergeMap<GrowCounter> Read(Payload payload) =>
            payload.IsDefault ? MergeMap<GrowCounter>.Empty : JsonSerializer.Deserialize<MergeMap<GrowCounter>>(payload.Utf8.Span)!;
    }

    /// <summary>Whoever has waited for a minute looks less often: a wait may last as long as silos' clocks differ.</summary>
    private TimeSpan Patience(TimeSpan usual) => world.Kernel.Now > TimeSpan.FromMinutes(1) ? TimeSpan.FromSeconds(20) : usual;

    private void Violate(string what) => world.Watch.Violate($"{Rule}: {id} {what}, of {workflow.Text}");

    private static Payload Write<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value));
}
