using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>Which subtask runs at which worker.</summary>
/// <param name="Placements">All subtasks, in the order of the program.</param>
/// <param name="Workers">Those that got one, in the order in which they were offered.</param>
public sealed record JobAssignment(ImmutableArray<SubtaskPlacement> Placements, ImmutableArray<JobWorker> Workers)
{
    /// <summary>Nothing is placed.</summary>
    public static readonly JobAssignment None = new([], []);

    /// <summary>Deals the subtasks out: those of each node fill the slots of the workers in order, so that a slot holds at most one subtask of each node.</summary>
    /// <param name="plan">What is to run.</param>
    /// <param name="workers">Who offers slots. One that drains gets nothing.</param>
    /// <returns>Null when there are fewer slots than the program needs.</returns>
    public static JobAssignment? TryPlace(JobPlan plan, ImmutableArray<JobWorker> workers)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var needed = plan.SlotsNeeded;
        if (FreeSlots(workers) < needed)
        {
            return null;
        }

        var slots = new string[needed];
        var used = ImmutableArray.CreateBuilder<JobWorker>();
        var filled = 0;
        foreach (var worker in workers)
        {
            var take = worker.IsDraining ? 0 : Math.Min(Math.Max(worker.Slots, 0), needed - filled);
            if (take > 0)
            {
                Array.Fill(slots, worker.Id, filled, take);
                used.Add(worker);
                filled += take;
            }
        }

        return new JobAssignment([.. plan.Subtasks.Select(subtask => new SubtaskPlacement(subtask, slots[subtask.Index]))], used.ToImmutable());
    }

    /// <summary>Slots at workers that do not drain.</summary>
    public static int FreeSlots(ImmutableArray<JobWorker> workers) =>
        (int)Math.Min(int.MaxValue, workers.Where(worker => !worker.IsDraining).Sum(worker => (long)Math.Max(worker.Slots, 0)));

    /// <summary>Says what is missing for a plan that cannot be placed.</summary>
    public static string Missing(JobPlan plan, ImmutableArray<JobWorker> workers)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var widest = plan.Nodes.First(node => node.Parallelism == plan.SlotsNeeded);
        var (free, draining) = (FreeSlots(workers), workers.Count(worker => worker.IsDraining));
        var there = workers.IsEmpty
            ? "no worker offers any"
            : $"{free} are free at {workers.Length - draining} workers{(draining > 0 ? $" ({draining} more drain)" : "")}";
        return $"{plan.SlotsNeeded} slots are needed (node {widest.Id} has {widest.Parallelism} subtasks), {there}: {plan.SlotsNeeded - free} are missing. "
            + "Start workers with more slots, stop other work, or lower the parallelism.";
    }

    /// <summary>Where a subtask runs; null when it is not placed.</summary>
    public string? WorkerOf(SubtaskKey subtask)
    {
        foreach (var placement in Placements)
        {
            if (placement.Subtask == subtask)
            {
                return placement.Worker;
            }
        }

        return null;
    }

    /// <summary>Whether the worker has a part in it.</summary>
    public bool Has(string worker) => Workers.Any(one => one.Id == worker);

    /// <summary>Slots that it takes at each worker: a slot holds one subtask of each node.</summary>
    public IReadOnlyDictionary<string, int> SlotsByWorker() => Placements
        .GroupBy(one => one.Worker, StringComparer.Ordinal)
        .ToDictionary(worker => worker.Key, worker => worker.GroupBy(one => one.Subtask.NodeId).Max(node => node.Count()), StringComparer.Ordinal);
}
