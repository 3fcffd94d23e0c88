using System.Globalization;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Workflows;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>
/// Runs of random workflows: splits, joins, loops, branches, fallbacks, retries, signals, timers, batches, nested workflows. Each has one right answer, which an
/// independent reading of its parts gives; callers send signals, each twice when they are unsure, pause, resume and sometimes cancel.
/// </summary>
internal sealed class WorkflowsScenario : SimulationScenario
{
    private const string Rule = "workflows (no lost or doubled effect)";

    public override string Name => "workflows";

    public override string Summary => "runs of random workflows with signals and timers, whose outputs and contexts must be those of a sequential run";

    /// <summary>A wait is until a time of day: where silos' clocks differ by an hour, a wait that another silo began may last that much longer.</summary>
    public override TimeSpan QuietTime => TimeSpan.FromMinutes(80);

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
            var run = new Caller(world, id, random.Pick(world.Options.Workflows), new SeededRandom(world.Seed, id), open, seen);
            var start = random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(4));
            open.Add(id);
            world.History.Add($"{id} is {run.Workflow.Text} of {run.Workflow.Input}");
            world.StartCaller(() => run.RunAsync(start));
        }

        return open;
    }

    /// <summary>Whoever starts a run, and wants something of it until it has ended.</summary>
    private sealed class Caller(SimulatedWorld world, string id, RandomWorkflow workflow, SeededRandom random, OpenWork open, Dictionary<string, string> seen)
    {
        private readonly IWorkflowRunGrain _run = world.Cluster.Client.GetGrain<IWorkflowRunGrain>(id);
        private readonly bool _cancels = random.Chance(0.1);
        private readonly bool _pauses = random.Chance(0.3);
        private int _signals;

        public RandomWorkflow Workflow => workflow;

        public async Task RunAsync(TimeSpan start)
        {
            await Task.Delay(start, world.Clock);
            var compiled = workflow.Definition.Compiled;
            var definition = world.Cluster.Client.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of(compiled.Name, compiled.Version));
            await UntilAnsweredAsync(world, () => definition.RegisterAsync(new Payload(compiled.ToUtf8()), CancellationToken.None));
            await UntilAnsweredAsync(world, () => _run.StartAsync(
                new WorkflowStart { Workflow = compiled.Name, Version = compiled.Version, Hash = compiled.Hash, Input = Write(workflow.Input) }, CancellationToken.None));
            world.History.Add($"caller: {id} is accepted");
            while (true)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(300), world.Clock);
                if (await UntilAnsweredAsync(world, () => _run.GetAsync(CancellationToken.None)) is not { } view)
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

        private async Task MeddleAsync(WorkflowRunView view)
        {
            if (view.Status == WorkflowRunStatus.Paused)
            {
                await SteerAsync(WorkflowSteer.Resume);
            }
            else if (_pauses && random.Chance(0.1))
            {
                await SteerAsync(WorkflowSteer.Pause);
            }
            else if (_cancels && random.Chance(0.05))
            {
                await SteerAsync(WorkflowSteer.Cancel);
            }

            await SignalAsync();
        }

        private Task<WorkflowRunView?> SteerAsync(WorkflowSteer steer) => UntilAnsweredAsync(world, async () =>
        {
            try
            {
                world.History.Add($"caller: {id} {steer}");
                return (WorkflowRunView?)await _run.SteerAsync(new WorkflowSteering(steer, "simulated"), CancellationToken.None);
            }
            catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
            {
                // It ended first, or it was done before and the answer was lost.
                return null;
            }
        });

        /// <summary>One signal for what waits, now and then one that nobody waits for yet. The same one is sent until it is answered: it may arrive twice.</summary>
        private async Task SignalAsync()
        {
            var items = await UntilAnsweredAsync(world, () => _run.GetItemsAsync(0, 1_000, CancellationToken.None));
            var waiting = items.Where(item => item.Status == WorkItemStatus.WaitingForSignal).Select(item => item.Node).ToList();
            var nodes = workflow.Definition.Compiled.Nodes.Select(node => node.Name).ToList();
            if (waiting.Count == 0 && !random.Chance(0.05))
            {
                return;
            }

            var name = FlowParts.SignalPrefix + random.Pick(waiting.Count > 0 ? waiting : nodes);
            var signal = string.Create(CultureInfo.InvariantCulture, $"{id}.{++_signals}");
            await UntilAnsweredAsync(world, async () =>
            {
                try
                {
                    return await _run.SignalAsync(name, Write(signal), signal, CancellationToken.None);
                }
                catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
                {
                    return false;
                }
            });
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

                    if (workflow.FindWrong(await ReadContextAsync()) is { } wrong)
                    {
                        Violate(wrong);
                    }

                    break;
                default:
                    Violate($"ended as {view.Status}: {view.Failure}");
                    break;
            }

            // What was seen to have ended stays so, also on the next silo.
            await Task.Delay(TimeSpan.FromSeconds(3), world.Clock);
            if (await UntilAnsweredAsync(world, () => _run.GetAsync(CancellationToken.None)) is not { } later
                || later.Status != view.Status || later.Output.ToString() != view.Output.ToString())
            {
                Violate($"was seen as {view.Status}, and then as something else");
            }
        }

        private async Task<MergeMap<GrowCounter>> ReadContextAsync()
        {
            var view = await UntilAnsweredAsync(world, () => _run.GetContextAsync(CancellationToken.None));
            return view.Deltas.Aggregate(Read(view.Snapshot), (context, delta) => context.Merge(Read(delta)));

            static MergeMap<GrowCounter> Read(Payload payload) =>
                payload.IsDefault ? MergeMap<GrowCounter>.Empty : JsonSerializer.Deserialize<MergeMap<GrowCounter>>(payload.Utf8.Span)!;
        }

        private void Violate(string what) => world.Watch.Violate($"{Rule}: {id} {what}, of {workflow.Text}");

        private static Payload Write<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value));
    }
}
