using System.Collections.Immutable;
using OrleansFlow.Decisions.Queries;

namespace OrleansFlow.Tests.Decisions.Queries;

/// <summary>Goal: each task goes to the best of all workers, though not all of them are looked at for each.</summary>
public sealed class PlacementTests
{
    private const int Seeds = 3_000;

    [Fact]
    public void Tasks_GoWhereALookAtEveryWorkerWouldPutThem()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var workers = Enumerable.Range(0, random.Next(1, 12)).Select(number => new QueryWorker($"w{number}", random.Next(1, 4), random.Next(4))).ToImmutableArray();
            var stages = Stages(random, workers);

            var decision = QueryDecider.Decide(QueryState.New, new QueryCommand.Place(stages, workers, null), new QueryRules(3, TimeSpan.FromSeconds(1)), DateTimeOffset.UnixEpoch);

            var placed = decision.ToSet.ToDictionary(one => (one.Task.Stage, one.Task.Number), one => one.Worker);
            foreach (var (task, worker) in Expected(stages, workers))
            {
                Assert.True(placed[task] == worker, $"Seed {seed}: task {task} is at {placed[task]} and not at {worker}.");
            }
        }
    }

    /// <summary>The rule as it is said: spread by cores, then near, then most of what is read, then least to do, then the first.</summary>
    private static Dictionary<(int Stage, int Task), string> Expected(ImmutableArray<StageShape> stages, ImmutableArray<QueryWorker> workers)
    {
        var places = new Dictionary<(int, int), string>();
        var load = workers.ToDictionary(worker => worker.Id, worker => worker.RunningTasks);
        for (var stage = 0; stage < stages.Length; stage++)
        {
            var ofStage = workers.ToDictionary(worker => worker.Id, _ => 0);
            for (var task = 0; task < stages[stage].TaskCount; task++)
            {
                var fed = workers.ToDictionary(worker => worker.Id, _ => 0);
                foreach (var input in stages[stage].Inputs)
                {
                    var (first, count) = input.ReadBy(task, stages[input.Producer].TaskCount);
                    foreach (var producer in Enumerable.Range(first, count))
                    {
                        fed[places[(input.Producer, producer)]]++;
                    }
                }

                var near = task < stages[stage].Preferred.Length ? stages[stage].Preferred[task] : "";
                var best = workers
                    .OrderBy(worker => (ofStage[worker.Id] + 1) / (decimal)worker.Cores)
                    .ThenBy(worker => worker.Id != near)
                    .ThenByDescending(worker => fed[worker.Id])
                    .ThenBy(worker => load[worker.Id] / (decimal)worker.Cores)
                    .First().Id;
                ofStage[best]++;
                load[best]++;
                places[(stage, task)] = best;
            }
        }

        return places;
    }

    private static ImmutableArray<StageShape> Stages(Random random, ImmutableArray<QueryWorker> workers)
    {
        var stages = new List<StageShape>();
        var count = random.Next(1, 6);
        for (var index = 0; index < count; index++)
        {
            var tasks = index == count - 1 ? 1 : random.Next(1, 25);
            var inputs = ImmutableArray.CreateBuilder<StageLink>();
            for (var producer = 0; producer < index; producer++)
            {
                if (producer == index - 1 || random.Next(3) == 0)
                {
                    var first = random.Next(2) == 0 ? 0 : random.Next(tasks);
                    inputs.Add(new StageLink(producer, true, random.Next(3) == 0, first, random.Next(1, tasks - first + 1)));
                }
            }

            var preferred = random.Next(3) == 0 ? Enumerable.Range(0, random.Next(tasks + 1)).Select(_ => $"w{random.Next(workers.Length + 1)}") : [];
            stages.Add(new StageShape(tasks, inputs.ToImmutable(), [.. preferred]));
        }

        return [.. stages];
    }
}
