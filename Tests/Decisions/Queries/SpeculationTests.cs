using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using OrleansFlow.Decisions.Queries;
using OrleansFlow.Errors;
using OrleansFlow.Queries;

namespace OrleansFlow.Tests.Decisions.Queries;

/// <summary>Goal: a slow task gets one copy elsewhere, only where that can neither lose nor repeat rows, and one of the two counts in the end.</summary>
public sealed class SpeculationTests
{
    private static readonly DateTimeOffset NowUtc = DateTimeOffset.UnixEpoch;
    private static readonly QueryRules Rules = new(AttemptsMax: 3, LossGrace: TimeSpan.FromSeconds(1)) { Speculation = new SpeculationRules(0.75, 3, TimeSpan.FromSeconds(2), 2) };
    private static readonly ImmutableArray<QueryWorker> Two = [new("a", 1, 0), new("b", 1, 0)];
    private static readonly StageShape HeldReader = new(0, [new StageLink(0, true, false, 0, 1)], []);
    private static readonly StageShape KeptReader = HeldReader with { TaskCount = 1 };
    private static readonly StageShape PipelinedReader = new(1, [new StageLink(0, false, false, 0, 1)], []);

    [Fact]
    public void Task_ThatRunsFarLongerThanTheOthers_GetsACopyAtAnotherWorker()
    {
        var state = Slow(HeldReader);

        var early = Decide(state, new QueryCommand.Tick(), 2.9);
        var late = Decide(state, new QueryCommand.Tick(), 3.1);

        Assert.Empty(early.ToSet);
        var copy = Assert.Single(late.ToSet);
        Assert.Equal((new QueryTaskId(0, 3), 2, true), (copy.Task, copy.Attempt, copy.IsCopy));
        Assert.NotEqual(state[copy.Task].Worker, copy.Worker);
        Assert.Equal(1, late.State[copy.Task].Attempt);
        Assert.Empty(Decide(late.State, new QueryCommand.Tick(), 60).ToSet);
    }

    [Fact]
    public void Copy_ThatFinishesFirst_CountsAndTheOtherAttemptIsStopped()
    {
        var state = Decide(Slow(HeldReader), new QueryCommand.Tick(), 4).State;
        var before = state[new(0, 3)];

        var won = Decide(state, new QueryCommand.Finish(new(0, 3), 2), 5);

        Assert.Equal([new TaskPlacement(new(0, 3), 2, before.CopyWorker!) { IsCopy = true }], won.Moved);
        Assert.Equal([new TaskPlacement(new(0, 3), 1, before.Worker)], won.ToStop);
        Assert.Equal((2, QueryTaskStatus.Finished), (won.State[new(0, 3)].Attempt, won.State[new(0, 3)].Status));
        Assert.Equal(won.State.Tasks, Decide(won.State, new QueryCommand.Finish(new(0, 3), 1), 6).State.Tasks);
    }

    [Fact]
    public void Copy_ThatFinishesLast_IsStopped()
    {
        var state = Decide(Slow(HeldReader), new QueryCommand.Tick(), 4).State;

        var won = Decide(state, new QueryCommand.Finish(new(0, 3), 1), 5);

        Assert.Empty(won.Moved);
        Assert.Equal([new TaskPlacement(new(0, 3), 2, state[new(0, 3)].CopyWorker!) { IsCopy = true }], won.ToStop);
        Assert.Equal(1, won.State[new(0, 3)].Attempt);
    }

    [Fact]
    public void Readers_ThatHaveBegun_BeginAnewWhenACopyWins()
    {
        var state = Decide(Slow(KeptReader), new QueryCommand.Tick(), 4).State;

        var won = Decide(state, new QueryCommand.Finish(new(0, 3), 2), 5);

        Assert.Equal([(new QueryTaskId(1, 0), 2, false)], won.ToSet.Select(one => (one.Task, one.Attempt, one.IsCopy)));
        Assert.Equal(4, won.State.Tasks.Count(task => task.Status == QueryTaskStatus.Finished));
    }

    [Fact]
    public void Task_WhoseRowsAreReadAsTheyAreMade_GetsNoCopy() => Assert.Empty(Decide(Slow(PipelinedReader), new QueryCommand.Tick(), 60).ToSet);

    [Fact]
    public void Task_OfWhichRowsMayHaveReachedTheClient_GetsNoCopy()
    {
        var delivering = Decide(Slow(KeptReader), new QueryCommand.BeginDelivery(1), 2).State;
        Assert.Empty(Decide(delivering, new QueryCommand.Tick(), 60).ToSet);

        // Delivery that begins while a copy runs makes the copy worthless.
        var copied = Decide(Decide(Slow(KeptReader), new QueryCommand.Tick(), 4).State, new QueryCommand.BeginDelivery(1), 4.5).State;
        var late = Decide(copied, new QueryCommand.Finish(new(0, 3), 2), 5);
        Assert.Equal((0, 0, 2), (late.ToSet.Length, late.Moved.Length, Assert.Single(late.ToStop).Attempt));
    }

    [Fact]
    public void Copies_WithoutTheOption_NeverStart() =>
        Assert.Empty(QueryDecider.Decide(Slow(HeldReader), new QueryCommand.Tick(), Rules with { Speculation = null }, NowUtc.AddSeconds(60)).ToSet);

    [Fact]
    public void Copies_LeaveTheLastAttemptForALoss() =>
        Assert.Empty(QueryDecider.Decide(Slow(HeldReader), new QueryCommand.Tick(), Rules with { AttemptsMax = 2 }, NowUtc.AddSeconds(60)).ToSet);

    [Fact]
    public void Copy_TakesOver_WhenTheWorkerOfTheOtherAttemptIsLost()
    {
        var state = Decide(Slow(HeldReader), new QueryCommand.Tick(), 4).State;
        var task = state[new(0, 3)];

        var lost = Decide(state, new QueryCommand.LoseWorker(task.Worker, "gone"), 5);

        Assert.Equal([new TaskPlacement(new(0, 3), 2, task.CopyWorker!) { IsCopy = true }], lost.Moved);
        Assert.DoesNotContain(lost.ToSet, placed => placed.Task == new QueryTaskId(0, 3));
        Assert.Equal((2, QueryTaskStatus.Live), (lost.State[new(0, 3)].Attempt, lost.State[new(0, 3)].Status));
    }

    [Fact]
    public void Copy_ThatFails_ChangesNothingForTheOtherAttempt()
    {
        var state = Decide(Slow(HeldReader), new QueryCommand.Tick(), 4).State;

        var failed = Decide(state, new QueryCommand.Fail(new(0, 3), 2, FlowErrorCode.EngineError, "wrong"), 5);

        Assert.Null(failed.State.End);
        Assert.Equal((1, QueryTaskStatus.Live, null), (failed.State[new(0, 3)].Attempt, failed.State[new(0, 3)].Status, failed.State[new(0, 3)].CopyWorker));
        Assert.Empty(Decide(failed.State, new QueryCommand.Tick(), 60).ToSet);
    }

    [Fact]
    public void Copies_OfOneQuery_AreBounded()
    {
        var state = Decide(QueryState.New, new QueryCommand.Place([new StageShape(12, [], []), HeldReader], Two, null), 0).State;
        for (var number = 0; number < 9; number++)
        {
            state = Decide(state, new QueryCommand.Finish(new(0, number), 1), 1).State;
        }

        Assert.Equal(2, Decide(state, new QueryCommand.Tick(), 60).ToSet.Length);
    }

    [Theory]
    [InlineData(nameof(DistributedQueryOptions.SpeculationShare), 0)]
    [InlineData(nameof(DistributedQueryOptions.SpeculationShare), 1.5)]
    [InlineData(nameof(DistributedQueryOptions.SpeculationFactor), 0.5)]
    [InlineData(nameof(DistributedQueryOptions.SpeculationAfter), 0.05)]
    [InlineData(nameof(DistributedQueryOptions.SpeculativeCopiesMax), 0)]
    public void Option_OutOfItsRange_IsNamedWithValueAndRange(string name, double value)
    {
        var options = new DistributedQueryOptions();
        switch (name)
        {
            case nameof(DistributedQueryOptions.SpeculationShare):
                options.SpeculationShare = value;
                break;
            case nameof(DistributedQueryOptions.SpeculationFactor):
                options.SpeculationFactor = value;
                break;
            case nameof(DistributedQueryOptions.SpeculationAfter):
                options.SpeculationAfter = TimeSpan.FromSeconds(value);
                break;
            default:
                options.SpeculativeCopiesMax = (int)value;
                break;
        }

        var fault = Assert.Single(options.Validate(new ValidationContext(options)));
        Assert.StartsWith($"OrleansFlow:Queries:{name} ", fault.ErrorMessage, StringComparison.Ordinal);
        Assert.Empty(new DistributedQueryOptions().Validate(new ValidationContext(options)));
    }

    /// <summary>Three of four tasks of the first stage took a second; the fourth still runs.</summary>
    private static QueryState Slow(StageShape reader)
    {
        var state = Decide(QueryState.New, new QueryCommand.Place([new StageShape(4, [], []), reader], Two, null), 0).State;
        for (var number = 0; number < 3; number++)
        {
            state = Decide(state, new QueryCommand.Finish(new(0, number), 1), 1).State;
        }

        return state;
    }

    private static QueryDecision Decide(QueryState state, QueryCommand command, double seconds) => QueryDecider.Decide(state, command, Rules, NowUtc.AddSeconds(seconds));
}
