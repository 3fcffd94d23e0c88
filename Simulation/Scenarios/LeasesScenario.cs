using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>Standalone tasks: submitted, leased, repeated, failing, cancelled.</summary>
internal sealed class LeasesScenario : SimulationScenario
{
    public override string Name => "leases";

    public override string Summary => "standalone tasks under crashes, losses, delays, expiry, revocation and cancellation";

    public override OpenWork Begin(SimulatedWorld world, SeededRandom random)
    {
        var open = new OpenWork(id => Status(world, id));
        var count = random.Between(3, 8);
        for (var number = 1; number <= count; number++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"task-{number}");
            var submission = new TaskSubmission
            {
                Role = SharedParts.Role,
                PayloadJson = string.Create(
                    CultureInfo.InvariantCulture,
                    $$"""{"batches":{{random.Between(0, 4)}},"ms":{{random.Pick<int>([5, 50, 500, 3000])}},"fail":{{(random.Chance(0.3) ? 0.4 : 0)}}}"""),
                Priority = random.Between(0, 2),
                MaxRetries = random.Between(0, 3),
                Backoff = TimeSpan.FromMilliseconds(random.Pick<int>([0, 100, 1000])),
            };
            var start = random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(6));
            TimeSpan? cancel = random.Chance(0.25) ? random.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5)) : null;
            open.Add(id);
            world.StartCaller(() => RunAsync(world, id, submission, start, cancel, open));
        }

        return open;
    }

    private static string Status(SimulatedWorld world, string id) => world.Watch.Stored(TaskId.Parse(id))?.Status.ToString() ?? "not stored";

    private static async Task RunAsync(
        SimulatedWorld world, string id, TaskSubmission submission, TimeSpan start, TimeSpan? cancel, OpenWork open)
    {
        var task = world.Cluster.Client.GetGrain<ITaskGrain>(id);
        await Task.Delay(start, world.Clock);
        await UntilAnsweredAsync(world, () => task.SubmitAsync(submission, CancellationToken.None));
        world.Watch.OnSubmitted(id);
        if (cancel is { } wait)
        {
            await Task.Delay(wait, world.Clock);
            await CancelAsync(world, id, task);
        }

        while (true)
        {
            var view = await UntilAnsweredAsync(world, () => task.GetAsync(CancellationToken.None));
            if (view?.Status is FlowTaskStatus.Completed or FlowTaskStatus.Failed or FlowTaskStatus.Cancelled)
            {
                world.History.Add($"caller: {id} is {view.Status}");
                open.Remove(id);
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(700), world.Clock);
        }
    }

    private static async Task CancelAsync(SimulatedWorld world, string id, ITaskGrain task)
    {
        try
        {
            await UntilAnsweredAsync(world, () => task.CancelAsync("the caller has changed its mind", CancellationToken.None));
            world.Watch.OnCancelled(id);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
        {
            // It was done first.
        }
    }
}
