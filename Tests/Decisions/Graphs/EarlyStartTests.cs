using FsCheck;
using FsCheck.Fluent;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>A node that started at a first batch gives its slots up when what it waits for finds none.</summary>
public sealed class EarlyStartTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TaskSlot FirstMaker = new(0, 0);
    private static readonly TaskSlot SecondMaker = new(0, 1);
    private static readonly TaskSlot Reader = new(1, 0);
    private static readonly LeaseFailure Oops = new("oops", false, "no");

    private GraphRunState _run = GraphRunState.None;
    private DateTimeOffset _now = T0;

    [Fact]
    public void EarlyLease_WhileAParentsTaskIsLeased_Stands()
    {
        StartReader();
        Grant(SecondMaker);
        Wait(TimeSpan.FromMinutes(1));

        Assert.Equal(FlowTaskStatus.Leased, _run[Reader].Status);
        Assert.False(_run.Nodes[1].IsHeldBack);
    }

    [Fact]
    public void EarlyLease_WhileAParentsTaskWaitsForASlot_StandsForTheGraceAndNoLonger()
    {
        StartReader();
        Assert.Equal(_now + EarlyStarts.Grace, _run.NextDueUtc());
        Wait(EarlyStarts.Grace - TimeSpan.FromTicks(1));
        Assert.Equal(FlowTaskStatus.Leased, _run[Reader].Status);

        var decision = Wait(TimeSpan.FromTicks(1));

        Assert.Equal(FlowTaskStatus.Pending, _run[Reader].Status);
        Assert.Equal(LeaseReasons.NotReady, Do(Reader, new GrantLease(new WorkerId("w"), "s")).Refused);
        var revoked = Assert.Single(decision.Events.OfType<RunTaskChanged>().Select(change => change.Change).OfType<LeaseRevoked>());
        Assert.Equal((LeaseReasons.SlotNeeded, 1L), (revoked.Reason, revoked.Epoch));
    }

    [Fact]
    public void EarlyLease_WhileAParentsTaskBacksOff_StandsUntilThatIsReadyAndTheGraceIsOver()
    {
        StartReader(backoffSec: 30);
        Grant(SecondMaker);
        Do(SecondMaker, new FailAttempt(1, Oops));
        Wait(TimeSpan.FromSeconds(30));
        Assert.Equal((FlowTaskStatus.Ready, FlowTaskStatus.Leased), (_run[SecondMaker].Status, _run[Reader].Status));

        Wait(EarlyStarts.Grace);

        Assert.Equal(FlowTaskStatus.Pending, _run[Reader].Status);
    }

    [Fact]
    public void NodeHeldBack_OpensWhenItsParentsHaveCompleted_WithAHigherEpochAndNoRetrySpent()
    {
        StartReader();
        Do(Reader, new AcceptBatch(1, 0, new AcceptedBatch(1, 5, 50, "p")));
        Wait(EarlyStarts.Grace);
        Grant(SecondMaker);
        Do(SecondMaker, new AcceptBatch(1, 0, new AcceptedBatch(1, 5, 50, "p")));
        Assert.False(_run.Nodes[1].Opened);

        Do(SecondMaker, new CompleteAttempt(1, 1));

        Assert.Equal((FlowTaskStatus.Ready, 0, 1), (_run[Reader].Status, _run[Reader].RetriesSpent, _run[Reader].Batches.Count));
        Grant(Reader);
        Assert.Equal(2, _run[Reader].Epoch);
        Do(Reader, new CompleteAttempt(2, 1));
        Assert.Equal(RunStatus.Completed, _run.Status);
    }

    [Fact]
    public void NodeHeldBack_WhoseAttemptStillReports_RefusesIt()
    {
        StartReader();
        Wait(EarlyStarts.Grace);

        Assert.Equal(LeaseReasons.LeaseLost, Do(Reader, new AcceptBatch(1, 0, new AcceptedBatch(1, 5, 50, "p"))).Refused);
        Assert.Equal(LeaseReasons.LeaseLost, Do(Reader, new CompleteAttempt(1, 0)).Refused);
    }

    [Fact]
    public void Chain_OfEarlyStarts_IsHeldBackAsAWhole()
    {
        Submit("""
            {"id":"a","role":"r","tasks":2},{"id":"b","role":"r","depends_on":["a"],"start_when":"first_batch"},
            {"id":"c","role":"r","depends_on":["b"],"start_when":"first_batch"}
            """);
        MakeFirstBatch();
        Grant(Reader);
        Do(Reader, new AcceptBatch(1, 0, new AcceptedBatch(1, 5, 50, "p")));
        Grant(new TaskSlot(2, 0));
        Wait(EarlyStarts.Grace);

        Assert.All([_run[Reader], _run[new TaskSlot(2, 0)]], task => Assert.Equal(FlowTaskStatus.Pending, task.Status));
    }

    /// <summary>
    /// Random graphs of several runs share few slots, which go to early starts whenever there is one, with failures and lost leases: every run
    /// ends.
    /// </summary>
    [Fact]
    public void Runs_WhateverTheirGraphsAndHoweverFewTheSlots_AllEnd() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => new SharedSlots(seed).RunToTheEnd(takesTime: true)).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    /// <summary>The same worlds without the rule do come to a stand, or the property above would prove nothing.</summary>
    [Fact]
    public void Runs_OfWhichNoneIsHeldBack_ComeToAStand() =>
        Assert.Contains(Enumerable.Range(0, 300), seed => !new SharedSlots(seed).RunToTheEnd(takesTime: false));

    /// <summary>The first of two makers has made a batch and completed; the reader of it has the only slot.</summary>
    private void StartReader(int backoffSec = 0)
    {
        Submit($$"""
            {"id":"a","role":"r","tasks":2,"retry":{"max":3,"backoff_sec":{{backoffSec}} } },
            {"id":"b","role":"r","depends_on":["a"],"start_when":"first_batch"}
            """);
        MakeFirstBatch();
        Grant(Reader);
    }

    private void MakeFirstBatch()
    {
        Grant(FirstMaker);
        Do(FirstMaker, new AcceptBatch(1, 0, new AcceptedBatch(1, 5, 50, "p")));
        Do(FirstMaker, new CompleteAttempt(1, 1));
    }

    private void Submit(string nodes) =>
        Do(new SubmitRun(new RunId("run"), GraphParser.Parse($$"""{"name":"x","nodes":[{{nodes}}]}""").RequirePlan()));

    private void Grant(TaskSlot slot) => Assert.Null(Do(slot, new GrantLease(new WorkerId("w"), "s")).Refused);

    private GraphRunDecision Wait(TimeSpan time)
    {
        _now += time;
        return Do(new PassRunTime());
    }

    private GraphRunDecision Do(TaskSlot slot, LeaseCommand command) => Do(new LeaseTask(slot, command));

    private GraphRunDecision Do(GraphRunCommand command)
    {
        var decision = GraphRunDecider.Decide(_run, command, TimeSpan.FromHours(1), _now);
        _run = decision.State;
        return decision;
    }
}
