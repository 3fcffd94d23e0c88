using System.Globalization;
using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>Small graph runs: fan-out and fan-in, starts at the first batch, retries, cancellation.</summary>
internal class GraphsScenario : SimulationScenario
{
    public override string Name => "graphs";

    public override string Summary => "graph runs with fan-in, first_batch, retries and cancellation under the same faults";

    /// <summary>One slot runs after the other what twenty run beside each other.</summary>
    public override TimeSpan QuietTime => TimeSpan.FromMinutes(20);

    /// <remarks>Also fewer slots than tasks that start at a first batch and wait for the rest of their input.</remarks>
    public override WorldOptions Options(SeededRandom random) => base.Options(random) with { SlotsPerWorker = random.Pick<int>([1, 2, 3, 20]) };

    public override OpenWork Begin(SimulatedWorld world, SeededRandom random)
    {
        var open = new OpenWork(id => world.Watch.Seen(new(id))?.Status.ToString() ?? "not seen");
        var count = random.Between(1, 2);
        for (var number = 1; number <= count; number++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"run-{number}");
            var submission = new RunSubmission { DocumentJson = Document(random) };
            var start = random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(4));
            TimeSpan? cancel = random.Chance(0.2) ? random.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(8)) : null;
            open.Add(id);
            world.Watch.OnRunSubmitting(new RunId(id), submission.DocumentJson);
            world.StartCaller(() => RunAsync(world, id, submission, start, cancel, open));
        }

        return open;
    }

    protected virtual string Document(SeededRandom random)
    {
        var text = new StringBuilder("""{"name":"simulated","nodes":[""");
        var count = random.Between(2, 5);
        for (var node = 0; node < count; node++)
        {
            var parents = Enumerable.Range(0, node).Where(_ => random.Chance(0.5)).ToList();
            text.Append(node == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$"""{"id":"n{{node}}","role":"{{SharedParts.Role}}","tasks":{{random.Between(1, 2)}}""");
            if (parents.Count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $$""","depends_on":[{{string.Join(",", parents.Select(parent => $"\"n{parent}\""))}}]""");
                text.Append(random.Chance(0.5) ? ""","start_when":"first_batch" """ : "");
            }

            text.Append(CultureInfo.InvariantCulture, $$""","retry":{"max":{{random.Between(1, 4)}},"backoff_sec":{{random.Pick<int>([0, 1])}}}""");
            text.Append(CultureInfo.InvariantCulture, $$$""","params":{"batches":{{{random.Between(0, 3)}}},"ms":{{{random.Pick<int>([5, 50, 800])}}},"fail":{{{(random.Chance(0.2) ? 0.3 : 0)}}}}}""");
        }

        return text.Append("]}").ToString();
    }

    /// <summary>What the caller does besides, each time it looks.</summary>
    protected virtual Task LookAsync(SimulatedWorld world, IGraphRunGrain run, RunView view) => Task.CompletedTask;

    /// <summary>Waits for what has to end with a run that has ended.</summary>
    protected virtual Task AfterEndAsync(SimulatedWorld world, RunView view) => Task.CompletedTask;

    /// <summary>Looks at a run that has ended.</summary>
    protected virtual void CheckEnd(SimulatedWorld world, RunView view)
    {
    }

    private async Task RunAsync(
        SimulatedWorld world, string id, RunSubmission submission, TimeSpan start, TimeSpan? cancel, OpenWork open)
    {
        var run = world.Cluster.Client.GetGrain<IGraphRunGrain>(id);
        await Task.Delay(start, world.Clock);
        await UntilAnsweredAsync(world, () => run.SubmitAsync(submission, CancellationToken.None));
        world.Watch.OnSubmitted(id);
        var cancelAt = world.Kernel.Now + cancel;
        while (true)
        {
            if (world.Kernel.Now >= cancelAt)
            {
                cancelAt = null;
                await CancelAsync(world, id, run);
            }

            var view = await UntilAnsweredAsync(world, () => run.GetAsync(CancellationToken.None));
            if (view is null)
            {
                world.Watch.Violate($"rule 1 (an acknowledged submit survives): {id} was acknowledged, and its run does not know it");
                return;
            }

            world.Watch.OnRunSeen(view);
            if (view.Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled)
            {
                CheckEnd(world, view);
                break;
            }

            await LookAsync(world, run, view);
            await Task.Delay(TimeSpan.FromMilliseconds(300), world.Clock);
        }

        // Once more, and late: what is final must still be so.
        await Task.Delay(TimeSpan.FromSeconds(6), world.Clock);
        var last = (await UntilAnsweredAsync(world, () => run.GetAsync(CancellationToken.None)))!;
        world.Watch.OnRunSeen(last);
        await AfterEndAsync(world, last);
        open.Remove(id);
    }

    private static async Task CancelAsync(SimulatedWorld world, string id, IGraphRunGrain run)
    {
        try
        {
            var view = await UntilAnsweredAsync(world, () => run.CancelAsync("the caller has changed its mind", CancellationToken.None));
            world.Watch.OnRunSeen(view);
            if (view.Status == RunStatus.Cancelled)
            {
                // And not one that undoes what it did before it is.
                world.Watch.OnCancelled(id);
            }
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
        {
            // It was done first.
        }
    }
}
