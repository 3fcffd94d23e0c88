using System.Collections.Immutable;
using OrleansFlow.Decisions.Queries;
using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Decisions.Queries;

/// <summary>Goal: a query's tasks run where there is room, again where rows are lost, and never so that the client sees rows twice.</summary>
public sealed class QueryDeciderTests
{
    private static readonly DateTimeOffset NowUtc = DateTimeOffset.UnixEpoch;
    private static readonly QueryRules Rules = new(AttemptsMax: 3, LossGrace: TimeSpan.FromSeconds(1));
    private static readonly ImmutableArray<QueryWorker> Two = [new("a", 1, 0), new("b", 1, 0)];

    [Theory]
    [InlineData(0, 2_000)]
    [InlineData(10_000, 2_000)]
    public void Queries_WhoseWorkersFailAtRandom_KeepEveryRuleAndEnd(int firstSeed, int count)
    {
        var (retried, complete, copied, won) = (0, 0, 0, 0);
        for (var seed = firstSeed; seed < firstSeed + count; seed++)
        {
            var model = new QueryModel(seed);
            model.Run(seed % 40);
            retried += model.State.RetryCount > 0 ? 1 : 0;
            complete += model.State.End!.Code is null ? 1 : 0;
            copied += model.Copies.Started;
            won += model.Copies.Won;
        }

        // Else the rules were never put to the test.
        Assert.True(retried > count / 10 && complete > count / 20, $"{retried} of {count} retried, {complete} complete");
        Assert.True(copied > count / 50 && won > count / 200, $"{copied} copies in {count} queries, {won} won");
    }

    [Fact]
    public void HeldStage_GetsItsTasksWhenItIsReleased_WithAnotherNumberOfThem()
    {
        var placed = Decide(QueryState.New, new QueryCommand.Place([new StageShape(2, [], []), new StageShape(0, [new StageLink(0, true, false, 0, 4)], []), new StageShape(0, [new StageLink(1, true, false, 0, 1)], [])], Two, null));
        Assert.Equal(2, placed.ToSet.Length);

        var released = Decide(placed.State, new QueryCommand.Release([new StageRelease(1, new StageShape(3, [new StageLink(0, true, false, 0, 3) { Reads = [new(0, 2), new(0, 1), new(1, 1)] }], []))]));

        Assert.Equal([new QueryTaskId(1, 0), new QueryTaskId(1, 1), new QueryTaskId(1, 2)], released.ToSet.Select(one => one.Task));
        Assert.False(QueryDecider.Decide(released.State, new QueryCommand.BeginDelivery(1), Rules, NowUtc).IsAccepted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RowsThatMayBeOthersTheNextTime_AreReadAgainByAllWhoReadThem(bool isVolatile)
    {
        // One task whose rows are dealt to two others, and one that gathers what these make.
        var placed = Decide(
            QueryState.New,
            new QueryCommand.Place(
                [
                    new StageShape(1, [], ["b"]) { IsVolatile = isVolatile },
                    new StageShape(2, [new StageLink(0, true, false, 0, 2)], ["a", "a"]),
                    new StageShape(1, [new StageLink(1, true, false, 0, 1)], ["a"]),
                ],
                Two,
                null));
        Assert.Equal("b", placed.State[new QueryTaskId(0, 0)].Worker);
        var one = Decide(placed.State, new QueryCommand.Finish(new(0, 0), 1));
        var half = Decide(one.State, new QueryCommand.Finish(new(1, 0), 1));

        var lost = Decide(half.State, new QueryCommand.LoseWorker("b", "gone"));

        QueryTaskId[] again = isVolatile ? [new(0, 0), new(1, 0), new(1, 1), new(2, 0)] : [new(0, 0), new(1, 1), new(2, 0)];
        Assert.Equal(again, lost.ToSet.Select(placement => placement.Task));
    }

    [Fact]
    public void RowsThatAHeldStageWillRead_AreMadeAgainWhenTheyAreLost()
    {
        var placed = Decide(QueryState.New, new QueryCommand.Place([new StageShape(2, [], []), new StageShape(0, [new StageLink(0, true, false, 0, 1)], [])], Two, null));
        var finished = Decide(Decide(placed.State, new QueryCommand.Finish(new(0, 0), 1)).State, new QueryCommand.Finish(new(0, 1), 1));

        var lost = Decide(finished.State, new QueryCommand.LoseWorker("b", "gone"));

        Assert.Equal([new TaskPlacement(new(0, 1), 2, "a")], lost.ToSet);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Stage_ThatIsNotHeldOrReadsOneThatIs_IsNotReleased(int stage)
    {
        var placed = Decide(QueryState.New, new QueryCommand.Place([new StageShape(0, [], []), new StageShape(0, [new StageLink(0, true, false, 0, 1)], []), new StageShape(0, [new StageLink(1, true, false, 0, 1)], [])], Two, null));
        var first = stage == 1 ? placed.State : Decide(placed.State, new QueryCommand.Release([new StageRelease(0, new StageShape(1, [], []))])).State;

        var again = QueryDecider.Decide(first, new QueryCommand.Release([new StageRelease(stage, new StageShape(1, stage == 0 ? [] : [new StageLink(0, true, false, 0, 1)], []))]), Rules, NowUtc);

        Assert.False(again.IsAccepted);
    }

    [Fact]
    public void Tasks_OfAStage_AreSpreadOverWorkersByTheirCores()
    {
        var placed = Decide(QueryState.New, new QueryCommand.Place([new StageShape(6, [], []), Result(0, 6)], [new("small", 1, 0), new("large", 2, 0)], null));

        Assert.Equal((2, 4), (CountAt(placed, "small"), CountAt(placed, "large")));
    }

    /// <summary>Each stage of a large cluster is spread over all of it; counting everything again for each task would take minutes here.</summary>
    [Fact]
    public void Tasks_OfManyStages_AreSpreadOverAThousandWorkers()
    {
        const int Workers = 1_000;
        var stages = ImmutableArray.CreateBuilder<StageShape>();
        stages.Add(new StageShape(Workers, [], []));
        for (var stage = 1; stage < 20; stage++)
        {
            stages.Add(new StageShape(Workers, [new StageLink(stage - 1, IsMaterialized: false, IsGrouped: false, 0, Workers)], []));
        }

        stages.Add(Result(19, Workers));
        var workers = Enumerable.Range(0, Workers).Select(number => new QueryWorker($"w{number}", 1, 0)).ToImmutableArray();

        var placed = Decide(QueryState.New, new QueryCommand.Place(stages.ToImmutable(), workers, null));

        Assert.All(
            placed.ToSet.Where(one => one.Task.Stage < 20).GroupBy(one => (one.Task.Stage, one.Worker)), tasks => Assert.Single(tasks));
        Assert.Equal((20 * Workers) + 1, placed.ToSet.Length);
    }

    [Fact]
    public void Task_WithAPreference_GoesToTheWorkerThatItIsNearTo()
    {
        var placed = Decide(QueryState.New, new QueryCommand.Place([new StageShape(2, [], ["b", "a"]), Result(0, 2)], Two, null));

        Assert.Equal(["b", "a"], placed.ToSet.Take(2).Select(one => one.Worker));
    }

    [Fact]
    public void Task_ThatReadsOneOther_GoesToItsWorker()
    {
        // Task 1 of the first stage is at the busier worker only because it prefers it.
        var stages = ImmutableArray.Create(new StageShape(1, [], ["b"]), Result(0, 1));

        var placed = Decide(QueryState.New, new QueryCommand.Place(stages, Two, null));

        Assert.Equal(["b", "b"], placed.ToSet.Select(one => one.Worker));
    }

    [Fact]
    public void IdleWorker_GetsTheSingleTask()
    {
        var placed = Decide(QueryState.New, new QueryCommand.Place([new StageShape(1, [], [])], [new("busy", 1, 9), new("idle", 1, 0)], null));

        Assert.Equal("idle", Assert.Single(placed.ToSet).Worker);
    }

    [Fact]
    public void LostWorker_OfKeptRows_CostsOnlyItsTasksAndTheReaders()
    {
        var state = Placed([new StageShape(2, [], []), Result(0, 2, isKept: true)]);
        state = Decide(state, new QueryCommand.Finish(new(0, 0), 1)).State;
        state = Decide(state, new QueryCommand.Finish(new(0, 1), 1)).State;
        var lost = state[new(0, 1)].Worker;

        var decision = Decide(state, new QueryCommand.LoseWorker(lost, "its connection broke"));

        Assert.Equal([new(0, 1), new(1, 0)], decision.ToSet.Select(one => one.Task));
        Assert.All(decision.ToSet, one => Assert.Equal((2, true), (one.Attempt, one.Worker != lost)));
    }

    [Fact]
    public void LostWorker_OfRowsThatAreNotKept_CostsThePipeline()
    {
        var state = Placed([new StageShape(2, [], []), Result(0, 2)]);
        state = Decide(state, new QueryCommand.Finish(new(0, 0), 1)).State;

        var decision = Decide(state, new QueryCommand.LoseWorker(state[new(0, 1)].Worker, "its connection broke"));

        Assert.Equal([new(0, 0), new(0, 1), new(1, 0)], decision.ToSet.Select(one => one.Task));
    }

    [Fact]
    public void LostWorker_WhoseRowsWereAllUsed_CostsNothing()
    {
        var stages = ImmutableArray.Create(new StageShape(1, [], ["a"]), new StageShape(1, [new StageLink(0, false, false, 0, 1)], ["b"]), Result(1, 1, isKept: true, near: "b"));
        var state = Placed(stages);
        state = Decide(state, new QueryCommand.Finish(new(0, 0), 1)).State;
        state = Decide(state, new QueryCommand.Finish(new(1, 0), 1)).State;

        var decision = Decide(state, new QueryCommand.LoseWorker("a", "its connection broke"));

        Assert.Empty(decision.ToSet);
        Assert.Null(decision.State.End);
    }

    [Fact]
    public void Loss_AfterRowsWereDelivered_FailsTheQuery()
    {
        var state = Placed([new StageShape(2, [], []), Result(0, 2)]);
        state = Decide(state, new QueryCommand.BeginDelivery(1)).State;

        var decision = Decide(state, new QueryCommand.LoseWorker("a", "its connection broke"));

        Assert.Equal(FlowErrorCode.WorkerLost, decision.State.End?.Code);
        Assert.Contains("handed out already", decision.State.End!.Message, StringComparison.Ordinal);
        Assert.Empty(decision.ToSet);
    }

    [Fact]
    public void LastWorker_ThatIsLost_FailsTheQuery()
    {
        var state = Placed([new StageShape(1, [], [])]);
        state = Decide(state, new QueryCommand.LoseWorker("a", "gone")).State;

        Assert.Equal((2, "b"), (state.Tasks[0].Attempt, state.Tasks[0].Worker));
        Assert.Equal(FlowErrorCode.WorkerLost, Decide(state, new QueryCommand.LoseWorker("b", "gone")).State.End?.Code);
    }

    [Fact]
    public void Task_ThatFailsForGood_EndsTheQueryWithItsError()
    {
        var end = Decide(Placed([new StageShape(1, [], [])]), new QueryCommand.Fail(new(0, 0), 1, FlowErrorCode.EngineError, "no such column")).State.End;

        Assert.Equal(new QueryEnd(FlowErrorCode.EngineError, "no such column"), end);
    }

    [Fact]
    public void Task_ThatFailsForNow_RunsElsewhereAsOftenAsItMay()
    {
        var state = Placed([new StageShape(1, [], [])]);
        List<string> workers = [state.Tasks[0].Worker];
        for (var attempt = 1; attempt < Rules.AttemptsMax; attempt++)
        {
            state = Decide(state, new QueryCommand.Fail(new(0, 0), attempt, FlowErrorCode.StoreUnavailable, "no disk")).State;
            workers.Add(state.Tasks[0].Worker);
        }

        Assert.Equal(["a", "b", "a"], workers);
        var end = Decide(state, new QueryCommand.Fail(new(0, 0), 3, FlowErrorCode.StoreUnavailable, "no disk")).State.End;
        Assert.Equal(FlowErrorCode.StoreUnavailable, end?.Code);
        Assert.Contains("had 3 attempts", end!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reader_WhoseProducerHasFailedItself_LeavesTheErrorToIt()
    {
        var state = Placed([new StageShape(1, [], []), Result(0, 1)]);
        state = Decide(state, new QueryCommand.Fail(new(1, 0), 1, FlowErrorCode.WorkerLost, "stream broke") { Lost = (new(0, 0), 1) }).State;

        Assert.Null(state.End);
        Assert.Equal("division by zero", Decide(state, new QueryCommand.Fail(new(0, 0), 1, FlowErrorCode.EngineError, "division by zero")).State.End?.Message);
    }

    [Fact]
    public void Producer_ThatNobodyCanReadAndThatSaysNothing_CountsAsLost()
    {
        var state = Placed([new StageShape(1, [], ["a"]), Result(0, 1, near: "b")]);
        state = Decide(state, new QueryCommand.Fail(new(1, 0), 1, FlowErrorCode.WorkerLost, "stream broke") { Lost = (new(0, 0), 1) }).State;
        Assert.Empty(Decide(state, new QueryCommand.Tick(), 999).ToSet);

        var decision = Decide(state, new QueryCommand.Tick(), 1_000);

        Assert.Equal([(new QueryTaskId(0, 0), "b"), (new QueryTaskId(1, 0), "b")], decision.ToSet.Select(one => (one.Task, one.Worker)));
    }

    [Fact]
    public void OldAttempt_ThatReports_ChangesNothing()
    {
        var state = Decide(Placed([new StageShape(1, [], [])]), new QueryCommand.LoseWorker("a", "gone")).State;

        Assert.Same(state, Decide(state, new QueryCommand.Finish(new(0, 0), 1)).State);
        Assert.Same(state, Decide(state, new QueryCommand.Fail(new(0, 0), 1, FlowErrorCode.EngineError, "wrong")).State);
        Assert.False(Decide(state, new QueryCommand.BeginDelivery(1)).IsAccepted);
    }

    [Fact]
    public void Deadline_ThatHasPassed_EndsTheQuery()
    {
        var state = Decide(QueryState.New, new QueryCommand.Place([new StageShape(1, [], [])], Two, NowUtc.AddSeconds(5))).State;

        Assert.Null(Decide(state, new QueryCommand.Tick(), 4_999).State.End);
        Assert.Equal(FlowErrorCode.DeadlineExceeded, Decide(state, new QueryCommand.Tick(), 5_000).State.End?.Code);
    }

    [Theory]
    [InlineData(-1, "at least 1")]
    [InlineData(2, "made by 1")]
    public void Stages_ThatCannotBe_AreRefused(int lastTasks, string why) =>
        Assert.Contains(why, Decide(QueryState.New, new QueryCommand.Place([new StageShape(lastTasks, [], [])], Two, null)).Refused, StringComparison.Ordinal);

    private static QueryState Placed(ImmutableArray<StageShape> stages) => Decide(QueryState.New, new QueryCommand.Place(stages, Two, null)).State;

    private static StageShape Result(int producer, int tasks, bool isKept = false, string near = "") =>
        new(1, [new StageLink(producer, isKept, tasks < 0, 0, 1)], [near]);

    private static QueryDecision Decide(QueryState state, QueryCommand command, int afterMs = 0) => QueryDecider.Decide(state, command, Rules, NowUtc.AddMilliseconds(afterMs));

    private static int CountAt(QueryDecision placed, string worker) => placed.ToSet.Count(one => one.Task.Stage == 0 && one.Worker == worker);
}
