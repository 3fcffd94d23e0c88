using System.Reflection;

namespace OrleansFlow.Tests.Workflows;

/// <summary>
/// Goal: every rule and every [defect] of the specification's part A (tasks-graphs-workflows) that concerns definitions and runs is held by a test named after
/// the wanted behaviour. This table says by which, and this test that it is there. Stores, workers and orchestrator have tables of their own parts.
/// </summary>
public sealed class SpecificationTests
{
    /// <summary>Row of the specification, what is wanted, and the tests that hold it.</summary>
    private static readonly (string Row, string Wanted, string Tests)[] Table =
    [
        ("A.1", "cycles are allowed, and bounded where the definition says so", "LocalRunTests.Loop_EndsAtItsBound_NamingTheNode WorkflowRunWaitTests.Loop_EndsAtItsBound_NamingTheNode"),
        ("A.1 seed", "a node sees its run's cancellation and facts", "LocalFailureTests.Cancel_ReachesTheNodeInFlight_AndIsNoFailureOfIt LocalFailureTests.FailedAttempts_LeaveNoTraceInTheContext_AndTheNextSeesItsNumber"),
        ("A.2 Next", "one item per successor (broadcast)", "LocalRunTests.Next_WithSeveralSuccessors_GoesToEachInOrder_BreadthFirst"),
        ("A.2 NextAll", "element by element, then successor by successor", "LocalRunTests.NextAll_GoesElementByElement_ThenSuccessorBySuccessor"),
        ("A.2 NextAll defect", "from a branch it is a clear error, not a crash", "LocalRunTests.NextAll_FromANodeThatBranches_IsAClearError WorkflowChecksTests.Validate_OfASplitThatBranches_IsRefused"),
        ("A.2 NextAll terminal", "at an end it yields nothing", "LocalRunTests.NextAll_AtATerminalNode_YieldsNothing"),
        ("A.2 Hold", "consumed; collect N", "LocalRunTests.Hold_UntilTheNthCall_CollectsN WorkflowRunWaitTests.JoinOfAll_WhereABranchHolds_GoesOnWithTheOthers"),
        ("A.2 Abort", "as an exception", "LocalFailureTests.Fallback_GetsTheInputAndTheError_AndTheRunGoesOn DurableRunTests.Execute_OfAFailingNode_ThrowsAndProposesNothing"),
        ("A.2 F13", "a run without an output fails with no_terminal_output", "WorkflowRunDeciderTests.RunThatHoldsEverything_FailsBecauseItHasNoOutput"),
        ("A.3 fallback", "gets the input and the error; the failed item counts as done", "WorkflowRunDeciderTests.Fallback_GetsTheInputAndTheError_AndTheFailedItemCountsAsDone WorkflowChecksTests.Validate_OfANodeWithAFallbackOnly_NeedsNoSuccessor"),
        ("A.3 composite", "arms in order, with guards; a branch may have a fallback too", "LocalRunTests.Branch_TakesTheFirstArmWhoseGuardHolds LocalRunTests.Branch_OnAClosedType_HandsOverTheCase LocalFailureTests.Fallback_OfANodeThatBranches_IsTakenToo"),
        ("A.3 checks", "every mistake is reported at once", "WorkflowChecksTests.Build_WithManyMistakes_ReportsThemAllAtOnce WorkflowChecksTests.Validate_NamesUnreachableNodes WorkflowChecksTests.Validate_OfABranchWithoutAnArmForEachCase_NamesTheCase WorkflowChecksTests.Validate_ComparesTheRunsTypesWithStartAndEnds WorkflowChecksTests.Validate_OfANodeThatLeadsNowhere_AsksForAnEnd"),
        ("A.3 stray outcomes", "a worker cannot send an item where no edge leads", "WorkflowRunDeciderTests.Commit_OfAStrayEdgeOrOutput_IsRefusedAsAWhole"),
        ("A.3 to_dot", "branches and fallbacks in the picture; the same of a live run", "CompiledWorkflowTests.ToDot_ShowsBranchesAndFallbacks RunPictureTests.Picture_ShowsWhatEachNodesItemsDo"),
        ("A.4 batch", "ordered, in waves, fails by the first in order", "BatchNodeTests.Batch_KeepsOrder_RunsSoManyAtATime_AndMergesEveryElementsChange BatchNodeTests.Batch_WithFailingElements_FailsByTheFirstInOrder_AfterItsWave_WithoutATrace"),
        ("A.4 composite node", "an inner workflow in one step", "LocalRunTests.Nested_RunsToItsOutputInOneStep_OnTheSharedContext"),
        ("A.4 split", "a list becomes items, in order", "LocalRunTests.NextAll_GoesElementByElement_ThenSuccessorBySuccessor"),
        ("A.4 batch panic", "an element that throws fails the batch with its own error", "BatchNodeTests.Batch_WithFailingElements_FailsByTheFirstInOrder_AfterItsWave_WithoutATrace"),
        ("A.4 retry node", "waits as its policy says, passes results through, ends with its last error", "RetryNodeTests.RetryNode_OutOfAttempts_ReportsTheLastError RetryNodeTests.RetryNode_PassesHoldAndNextAllThrough RetryNodeTests.RetryNode_InsideABatch_RepeatsTheElementThatFailed_AndUndoesWhatItDid RetryNodeTests.RetryWait_IsInterruptedByCancel"),
        ("A.4 source", "bounded; the workflow once per item, until it is closed or a run fails", "WorkflowSourceTests.Source_RunsTheWorkflowOncePerItem_InOrder_OnOneContext_UntilItIsClosed WorkflowSourceTests.FirstFailure_StopsIt WorkflowSourceTests.FullSource_MakesItsWriterWait_AndAClosedOneRefusesItems"),
        ("A.5 routing", "exact edge, then default; a missing route is a definition error", "ActionRoutingTests.Action_TakesItsExactEdge_ElseTheDefaultRoute ActionRoutingTests.ActionWithoutARoute_IsFoundWhenTheWorkflowIsBuilt ActionRoutingTests.ActionThatEndsTheRun_IsItsOutput_AndASkippedOneHolds"),
        ("A.5 cycles", "a limit of visits for each node", "LocalRunTests.Loop_EndsAtItsBound_NamingTheNode WorkflowChecksTests.Validate_ReportsNamesBoundsAndDoubles"),
        ("A.5 lifecycle", "prepare, execute, post; a failing phase stops the later ones", "PhaseNodeTests.Lifecycle_ReadsTheContext_Works_AndThenChangesItAndChoosesTheAction PhaseNodeTests.LifecyclePhaseThatFails_StopsTheLaterOnes_AndLeavesNoTrace"),
        ("A.5 transform", "three phases with errors of their own", "PhaseNodeTests.Transform_PreparesExecutesAndPosts PhaseNodeTests.TransformPhaseThatFails_IsNamed_AndStopsTheLaterOnes"),
        ("A.5 timer", "each kind of schedule; a single time in the past is an error; at once when told; no route ends quietly", "TimerNodeTests.Timer_WorksAtTheFirstTimeFromNow TimerNodeTests.Timer_OfASingleTimeThatHasPassed_Fails TimerNodeTests.Timer_ToBeExecutedImmediately_DoesNotWait TimerNodeTests.Timer_WithAnEdgeBack_WorksAgainAndAgain_UntilItsOutputEndsIt ScheduleTests.NextAfter_IsTheFirstTimeAfter ScheduleTests.Monthly_OnADayThatTheMonthLacks_IsAnErrorNamingBoth"),
        ("A.5 timer defect", "cron, in a time zone", "CronExpressionTests.NextAfter_InUtc_IsTheFirstTimeAfter CronExpressionTests.NextAfter_OverAChangeOfTheClock_NeitherSkipsNorRepeats"),
        ("A.5 event", "waits, processes, ends or goes on; a closed source is an error; the time-out has an action", "EventNodeTests.Events_OfALoop_AreHandledInOrder_UntilOneEndsIt EventNodeTests.Channel_ThatIsClosed_FailsNamingTheNode EventNodeTests.TimeOut_TakesItsConfiguredAction EventNodeTests.TimeOut_WithoutAnAction_FailsForGood_SoThatTheFallbackApplies"),
        ("A.5 reactive", "a bounded buffer; a reaction's error is logged and watching goes on; fails when the stream ends without an action", "WatchNodeTests.Source_IsAtMostABufferAhead WatchNodeTests.ReactionThatFails_IsLogged_ChangesNothing_AndWatchingGoesOn WatchNodeTests.Watch_GoesOnWithTheFirstChangeThatIsNotHeld WatchNodeTests.Watch_OfASourceThatEndsWithoutAnAction_Fails"),
        ("A.5 file watcher", "every 5 s; newer or of another size; the first look counts; missing is an error, lost the end", "WatchNodeTests.File_FirstObservationCounts_ThenNewerTimesAndOtherSizes_EachFiveSeconds WatchNodeTests.File_OfTheSameSizeAndAnOlderTime_IsNoChange WatchNodeTests.File_ThatIsMissingAtTheStart_IsAnErrorThatNamesIt WatchNodeTests.File_ThatIsLostLater_EndsTheWatch_WhichFailsTheStep WatchNodeTests.FileStream_EndsWhenTheFileIsLost_AndGivesEachChangeOnce"),
        ("A.6 derive", "field by field, with errors that name the member", "GeneratedMergeTests.Record_ObeysTheMergeLaws_InRandomHistories MergeDiagnosticTests.Mistake_IsOneErrorThatNamesTheMemberAndTheWayOut"),
        ("A.5 suspend", "state is kept with the item", "LongRunningNodeTests.SuspendedNode_GoesOnWithItsState_AndDropsItWhenComplete RunSignalTests.Repeat_RunsTheNodeAgain_WithTheSameInput_AndWhatItSaved"),
        ("A.5 suspend defect", "the suspend time-out is enforced", "LongRunningNodeTests.SuspendTimeOut_IsEnforced_AndNamesTheNode"),
        ("A.6 timeouts", "a node's time limit and a run's deadline, both", "RunDeadlineTests.RunPastItsDeadline_FailsWithDeadlineExceeded_ToTheTick RunDeadlineTests.Lease_SaysWhenItsAttemptHasToBeOver LocalFailureTests.Timeout_EndsTheAttempt_AndWhatTheNodeDoesLaterReachesNobody"),
        ("A.6 defect", "cancel and deadlines reach steps in flight, and what those do then is refused", "RunSteeringTests.Cancel_KeepsItsReason_RefusesStepsInFlight_AndIsFinal RunDeadlineTests.Lease_SaysWhenItsAttemptHasToBeOver"),
        ("A.6 F5", "merging is pure and loses nothing", "MergeLawPropertyTests.MergeMap_OfSets_KeepsTheLaws MergeLawPropertyTests.Record_OfMergeables_KeepsTheLaws"),
        ("A.6 Fixed", "keeps itself", "ContextTypeTests.Fixed_MergedWithAnother_KeepsItself"),
        ("A.6 EventLog defect", "each writer's order survives, also within a millisecond", "ContextTypeTests.EventLog_OfOneMillisecond_KeepsEachWritersOrder_AndMergesToOneList"),
        ("A.6 F14", "a failed step leaves no trace", "ContextTypeTests.EventLog_AppendedToByAFailedStep_IsAsItWas LocalFailureTests.FailedAttempts_LeaveNoTraceInTheContext_AndTheNextSeesItsNumber WorkflowRunDeciderTests.FailedAttempts_GiveTheVerifiedNumbers"),
        ("A.7.1", "a split's elements are all done; the output rule chooses", "LocalRunTests.Run_WithSeveralOutputs_StepsEveryItem_AndReturnsWhatItsRuleSays"),
        ("A.7.2", "saved before the first step and after the last", "CheckpointTests.FirstStep_RunsAfterTheFirstSave CheckpointTests.CompletedRun_ReturnsItsStoredOutput_WithoutAStep"),
        ("A.7.3", "resume says clearly what there is", "CheckpointTests.Resume_OfARunThatWasNeverStarted_SaysSo CheckpointTests.Crash_InAnyStep_LosesThatStepOnly"),
        ("A.8 start", "the run and its first item come to be together; a second start is no other run", "WorkflowRunDeciderTests.Start_HasTheFirstItemInTheSameState RunTurnTests.RunThatHasNotBegun_TakesNothingButAStart"),
        ("A.8 a, F1", "delta, successors, status and counters commit together", "WorkflowRunDeciderTests.Commit_BringsDeltaSuccessorsAndCountersTogether RunPropertyTests.AnyCommands_LeadToAStateThatIsTheFoldOfItsEvents"),
        ("A.8 b", "Idle, Stepped and Completed are told apart", "WorkflowRunDeciderTests.Results_AreIdle_Stepped_AndCompleted"),
        ("A.8 c, F7", "an item whose worker is lost is handed out again", "WorkflowRunDeciderTests.ItemHandedOutTwice_TakesEffectOnce_AndTheStaleLeaseIsNamed DurableRunTests.AnySchedule_EndsAsTheSequentialRunDoes"),
        ("A.9 errors", "append-only in the history; the newest in the state", "RunDeadlineTests.Errors_AreTheNewest_AndTheRestIsInTheHistory"),
        ("A.10", "counts, strategies, cap, fixed and random jitter, kinds", "StepRetryPolicyTests.Default_WaitsOneTwoFourEightSeconds_ThenTheFifthAttemptIsTheLast StepRetryPolicyTests.Backoff_GrowsAsItsStrategySays_UpToTheCap StepRetryPolicyTests.FixedJitter_IsAddedAfterTheCap StepRetryPolicyTests.RandomJitter_SpreadsTheWaitToBothSides StepRetryPolicyTests.RetryOn_ChoosesTheFailures"),
        ("A.10 worker", "the node's policy, then the worker's, then the run's", "RunDeadlineTests.RetryPolicy_IsTheNodes_ThenTheWorkers_ThenTheRuns"),
        ("A.11 F16", "an item that is handed out twice takes effect once", "WorkflowRunDeciderTests.ItemHandedOutTwice_TakesEffectOnce_AndTheStaleLeaseIsNamed"),
        ("A.11 F10", "max 3, always failing: 3 errors with attempts 1 to 3, retries 2, failed 1", "WorkflowRunDeciderTests.FailedAttempts_GiveTheVerifiedNumbers RunSteeringTests.FailedRun_ShowsWhatFailed_AndWithWhichAttempts"),
        ("A.11 siblings defect", "a failed run hands out nothing any more", "WorkflowRunDeciderTests.FailedRun_DropsItsSiblings_AndKeepsNoOutput"),
        ("A.11 F2", "a paused run hands out nothing, and stays paused when a step in flight ends", "WorkflowRunDeciderTests.PausedRun_HandsOutNothing_InFlightStepsFinish_AndItStaysPaused"),
        ("A.11 F3", "final states are final", "RunSteeringTests.CancelDuringTheLastStep_Stays_AndTheStepIsRefused WorkflowRunDeciderTests.FinalStates_AreFinal"),
        ("A.11 F6", "completed means nothing is left; the output rule chooses", "WorkflowRunDeciderTests.Run_WithTwoEnds_CompletesWhenNothingIsLeft_WithTheFirstOutput"),
        ("A.11 F9", "a run that failed has no output", "WorkflowRunDeciderTests.FailedRun_DropsItsSiblings_AndKeepsNoOutput"),
        ("A.11 backoff defect", "a retry wait is a durable timer", "WorkflowRunDeciderTests.RetryWaits_AreDurableTimers_ToTheTick CheckpointTests.RetryWait_SurvivesTheProcess"),
        ("A.11 re-enqueue defect", "what is owed to others is kept until it is done", "ChildRunTests.AwaitedChild_RunsTheNodeAgainWithItsResult ChildRunTests.Child_TellsItsParentOnce_WithItsOutput"),
        ("A.12 cancel defect", "rejected on final states", "RunSteeringTests.Cancel_OfACompletedRun_IsRefused_AndItStaysCompleted"),
        ("A.12 pause", "a running run only; repeating it changes nothing", "RunSteeringTests.PauseOfAPausedRun_AndResumeOfARunningOne_ChangeNothing"),
        ("A.12 resume of a failed run, F10b", "what failed is pending again with all attempts, and the end is cleared", "RunSteeringTests.ReopenedRun_HasWhatFailedPendingAgain_WithAllItsAttempts_AndIsNotEnded"),
        ("A.12 resume of a final run", "refused for completed and cancelled ones", "RunSteeringTests.Cancel_KeepsItsReason_RefusesStepsInFlight_AndIsFinal RunSteeringTests.Cancel_OfACompletedRun_IsRefused_AndItStaysCompleted"),
        ("A.12 F17", "resume of a paused run repeats nothing that is done", "RunSteeringTests.ResumeOfAPausedRun_DoesNotRepeatWhatIsDone"),
        ("A.12 resume of a running run", "no-op", "RunSteeringTests.PauseOfAPausedRun_AndResumeOfARunningOne_ChangeNothing"),
        ("F 002 loop", "whatever is lost, late or doubled, a run ends with the answer of a sequential one", "DecisionSimulationTests.AnySeed_EndsWithTheAnswerOfASequentialRun"),
        ("F 002 children", "a child that is ordered again is one run", "ChildRunTests.ChildThatIsOrderedAgain_WhileItGoesOn_IsTheSameRun_AndAnswersTheNewestOrder ChildRunTests.ChildThatIsOrderedAgain_WhenItHasCompleted_GivesItsOutputAgain ChildRunTests.EndOfAChild_ThatAnswersAnEarlierOrder_IsOutOfDate"),
        ("E.3", "1, 2, 4, 8 s, then the fifth attempt is the last", "WorkflowRunDeciderTests.RetryWaits_AreDurableTimers_ToTheTick"),
    ];

    [Fact]
    public void EveryRow_IsHeldByTests_ThatAreThere()
    {
        var methods = Assembly.GetExecutingAssembly().GetTypes()
            .SelectMany(type => type.GetMethods().Where(method => method.GetCustomAttributes<FactAttribute>().Any()).Select(method => $"{type.Name}.{method.Name}"))
            .ToHashSet(StringComparer.Ordinal);

        Assert.Empty(Table.SelectMany(row => row.Tests.Split(' ').Where(test => !methods.Contains(test)).Select(test => $"{row.Row} ({row.Wanted}): {test}")));
        Assert.Equal(Table.Length, Table.Select(row => row.Row).Distinct().Count());
    }
}
