using System.Globalization;
using System.Text;
using OrleansFlow.Graphs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>Standalone tasks and runs of two roles under limits of all tasks, of a role and of keys that both roles share.</summary>
internal sealed class LimitsScenario : SimulationScenario
{
    public override string Name => "limits";

    public override string Summary => "standalone tasks and runs of two roles under limits of all tasks, of roles and of keys over both";

    public override TimeSpan QuietTime => TimeSpan.FromMinutes(5);

    public override WorldOptions Options(SeededRandom random)
    {
        var limits = new LimitOptions { Total = random.Chance(0.6) ? random.Between(1, 4) : null };
        if (random.Chance(0.4))
        {
            limits.Roles[SharedParts.Role] = random.Between(1, 3);
        }

        return base.Options(random) with { SlotsPerWorker = random.Pick<int>([2, 20]), Limits = limits };
    }

    public override OpenWork Begin(SimulatedWorld world, SeededRandom random)
    {
        var open = new OpenWork(id => world.Watch.Seen(new(id))?.Status.ToString() ?? "not seen");
        for (var number = random.Between(1, 3); number > 0; number--)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"run-{number}");
            var submission = new RunSubmission { DocumentJson = Document(random) };
            var start = random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(4));
            open.Add(id);
            world.Watch.OnRunSubmitting(new RunId(id), submission.DocumentJson);
            world.StartCaller(() => RunAsync(world, id, submission, start, open));
        }

        for (var number = random.Between(0, 8); number > 0; number--)
        {
            var submission = new TaskSubmission { Role = RoleOf(random), PayloadJson = Params(random), Backoff = TimeSpan.FromMilliseconds(random.Pick<int>([0, 500])), MaxRetries = 100 };
            var id = string.Create(CultureInfo.InvariantCulture, $"{submission.Role}-{number}");
            var start = random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(6));
            open.Add(id);
            world.StartCaller(() => RunAsync(world, id, submission, start, open));
        }

        return open;
    }

    private static string Document(SeededRandom random)
    {
        var text = new StringBuilder("""{"name":"simulated","nodes":[""");
        var count = random.Between(1, 4);
        for (var node = 0; node < count; node++)
        {
            // Nothing fails for good on purpose: a run that fails is not counted any more.
            text.Append(node == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$""" {"id":"n{{node}}","role":"{{RoleOf(random)}}","tasks":{{random.Between(1, 5)}},"params":{{Params(random)}},"retry":{"max":100,"backoff_sec":{{random.Pick<string>(["0", "0.5"])}},"backoff":"constant"}""");
            text.Append(random.Chance(0.7) ? string.Create(CultureInfo.InvariantCulture, $$""","concurrency":{"limit":{{random.Pick<int>([1, 2, 2, 3])}},"key":"{{random.Pick<string>(["db", "db", "api"])}}"}""") : "");
            text.Append(node > 0 && random.Chance(0.3) ? string.Create(CultureInfo.InvariantCulture, $",\"depends_on\":[\"n{node - 1}\"]") : "").Append('}');
        }

        return text.Append("]}").ToString();
    }

    private static string RoleOf(SeededRandom random) => random.Pick<string>([SharedParts.Role, SharedParts.SecondRole]);

    private static string Params(SeededRandom random) => string.Create(
        CultureInfo.InvariantCulture, $$"""{"batches":{{random.Between(0, 2)}},"ms":{{random.Pick<int>([5, 100, 800])}},"fail":{{(random.Chance(0.3) ? 0.3 : 0)}}}""");

    private static async Task RunAsync(SimulatedWorld world, string id, RunSubmission submission, TimeSpan start, OpenWork open)
    {
        var run = world.Cluster.Client.GetGrain<IGraphRunGrain>(id);
        await Task.Delay(start, world.Clock);
        await UntilAnsweredAsync(world, () => run.SubmitAsync(submission, CancellationToken.None));
        world.Watch.OnSubmitted(id);
        while (true)
        {
            if (await UntilAnsweredAsync(world, () => run.GetAsync(CancellationToken.None)) is { } view)
            {
                world.Watch.OnRunSeen(view);
                if (view.Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled)
                {
                    break;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(300), world.Clock);
        }

        open.Remove(id);
    }

    private static async Task RunAsync(SimulatedWorld world, string id, TaskSubmission submission, TimeSpan start, OpenWork open)
    {
        var task = world.Cluster.Client.GetGrain<ITaskGrain>(id);
        await Task.Delay(start, world.Clock);
        await UntilAnsweredAsync(world, () => task.SubmitAsync(submission, CancellationToken.None));
        world.Watch.OnSubmitted(id);
        while (await UntilAnsweredAsync(world, () => task.GetAsync(CancellationToken.None)) is not { Status: FlowTaskStatus.Completed or FlowTaskStatus.Failed })
        {
            await Task.Delay(TimeSpan.FromMilliseconds(700), world.Clock);
        }

        open.Remove(id);
    }
}
