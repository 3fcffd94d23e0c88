using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using OrleansFlow.Decisions.Jobs;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: every subtask has one place, and every key has one subtask.</summary>
public sealed class AssignmentTests
{
    [Fact]
    public void Subtasks_OfEachNode_FillTheSlotsInOrder()
    {
        var placed = JobAssignment.TryPlace(Plan(1, 3, 2), [new JobWorker("a", 2), new JobWorker("b", 4)])!;

        Assert.Equal(
            [((uint)1, 0, "a"), (2, 0, "a"), (2, 1, "a"), (2, 2, "b"), (3, 0, "a"), (3, 1, "a")],
            placed.Placements.Select(one => (one.Subtask.NodeId, one.Subtask.Index, one.Worker)));
    }

    [Fact]
    public void SlotsNeeded_AreThoseOfTheWidestNode() => Assert.Equal((3, 6), (Plan(1, 3, 2).SlotsNeeded, Plan(1, 3, 2).SubtaskCount));

    [Fact]
    public void Worker_ThatDrains_GetsNothing()
    {
        var placed = JobAssignment.TryPlace(Plan(2), [new JobWorker("old", 8, IsDraining: true), new JobWorker("new", 2)])!;

        Assert.All(placed.Placements, one => Assert.Equal("new", one.Worker));
        Assert.Equal(["new"], placed.Workers.Select(worker => worker.Id));
    }

    [Fact]
    public void Worker_ThatIsNotNeeded_HasNoPart() =>
        Assert.Equal(["a"], JobAssignment.TryPlace(Plan(2), [new JobWorker("a", 2), new JobWorker("b", 2)])!.Workers.Select(worker => worker.Id));

    [Fact]
    public void TooFewSlots_PlaceNothing_AndTheMessageNamesWhatIsMissing()
    {
        ImmutableArray<JobWorker> workers = [new("a", 1), new("b", 1, IsDraining: true)];

        Assert.Null(JobAssignment.TryPlace(Plan(1, 3), workers));
        var missing = JobAssignment.Missing(Plan(1, 3), workers);
        Assert.Contains("3 slots are needed (node 2 has 3 subtasks), 1 are free at 1 workers (1 more drain): 2 are missing", missing, StringComparison.Ordinal);
        Assert.Contains("no worker offers any", JobAssignment.Missing(Plan(3), []), StringComparison.Ordinal);
    }

    [Fact]
    public void Slot_HoldsAtMostOneSubtaskOfEachNode() => Prop.ForAll(
        (from nodes in Gen.NonEmptyListOf(Gen.Choose(1, 12)) from slots in Gen.ListOf(Gen.Choose(0, 5)) select (Nodes: nodes.ToArray(), Slots: slots.ToArray())).ToArbitrary(),
        sample =>
        {
            var workers = sample.Slots.Select((slots, number) => new JobWorker($"w{number}", slots, IsDraining: number % 5 == 4)).ToImmutableArray();
            var plan = Plan(sample.Nodes);
            return JobAssignment.TryPlace(plan, workers) is not { } placed
                ? JobAssignment.FreeSlots(workers) < plan.SlotsNeeded
                : placed.Placements.Select(one => one.Subtask).SequenceEqual(plan.Subtasks)
                    && placed.Placements.GroupBy(one => (one.Subtask.NodeId, one.Worker)).All(group => group.Count() <= workers.Single(worker => worker.Id == group.Key.Worker && !worker.IsDraining).Slots);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Keys_OfAllSubtasks_CoverEveryHashOnce() => Prop.ForAll(Gen.Choose(1, 2_000).ToArbitrary(), parallelism =>
    {
        var ranges = Enumerable.Range(0, parallelism).Select(index => SubtaskKeys.RangeOf(index, parallelism)).ToList();
        return ranges[0].First == 0 && ranges[^1].Last == ulong.MaxValue
            && ranges.Zip(ranges.Skip(1)).All(pair => pair.First.Last + 1 == pair.Second.First)
            && ranges.Select((range, index) => SubtaskKeys.OwnerOf(range.First, parallelism) == index && SubtaskKeys.OwnerOf(range.Last, parallelism) == index).All(same => same);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Theory]
    [InlineData(0, 3, 2, 0, 0)]
    [InlineData(1, 3, 2, 0, 1)]
    [InlineData(2, 3, 2, 1, 1)]
    [InlineData(0, 1, 4, 0, 3)]
    [InlineData(3, 4, 1, 0, 0)]
    public void RescaledSubtask_ReadsTheStateOfThoseWhoseKeysItGets(int index, int parallelism, int before, int first, int last) =>
        Assert.Equal((first, last), SubtaskKeys.RestoredFrom(index, parallelism, before));

    [Fact]
    public void SubtaskThatIsNotThere_HasNoKeys() => Assert.Throws<ArgumentOutOfRangeException>(() => SubtaskKeys.RangeOf(2, 2));

    private static JobPlan Plan(params int[] parallelism) =>
        new([.. parallelism.Select((count, number) => new JobNode((uint)number + 1, count, [$"op{number}"], number == 0))], ByteString.Empty);
}
