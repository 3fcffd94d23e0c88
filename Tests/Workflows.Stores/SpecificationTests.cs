using System.Reflection;
using OrleansFlow.Workflows.Stores.Conformance;

namespace OrleansFlow.Tests.Workflows.Stores;

/// <summary>
/// Goal: every rule and every [defect] of the specification's part A (tasks-graphs-workflows) that concerns stores, workers and the orchestrator, and its
/// promises in part F, are held by a test or a check named after the wanted behaviour. This table says by which, and this test that it is there.
/// </summary>
public sealed class SpecificationTests
{
    private static readonly (string Row, string Wanted, string Tests)[] Table =
    [
        ("A.7 checkpoints", "file, SQLite and PostgreSQL keep a run over any crash", "CheckpointStoreTests.Crash_InAnyStep_LosesThatStepOnly CheckpointStoreTests.RunThatIsNotKept_IsNotFound CheckpointStoreTests.ManyRunsAtOnce_AreKeptApart"),
        ("A.8 start_distributed", "run and first item at once; again is no other run", "Run_IsKnown_BeforeItsFirstItemCanBeTaken Start_WithTheSameId_IsTheSameRun Start_WithTheSameKey_IsTheSameRun Start_ManyTimesAtOnce_WithOneKey_GivesOneRun"),
        ("A.8 a", "a successor sees what its predecessor left; one commit", "Successor_SeesTheContextThatItsPredecessorLeft Step_CommitsDeltaSuccessorsStatusAndCountersTogether"),
        ("A.8 b", "Idle, Stepped, Completed", "WorkflowWorkerTests.RunOnce_TellsIdleSteppedAndCompletedApart"),
        ("A.8 c", "acknowledged after the commit, redelivered otherwise", "Worker_KilledInTheMiddleOfAStep_ItsItemIsTakenAgain Reopened_WorkInFlight_IsTakenAgain_WithinALeaseDuration WorkerKillTests.KilledWorkers_OnSqlite_LoseNoStep_AndDoubleNone"),
        ("A.9 queue", "fair over runs, each item to one, no run is searched for", "Take_GoesRoundTheRuns Take_ByManyAtOnce_GivesEachItemToOne Take_GivesTheOldestItemOfARunFirst"),
        ("A.9 stranded item", "an item that comes while somebody looks is not missed", "Take_WaitsUntilWorkIsPushed Resume_WakesAWaitingWorker"),
        ("A.9 context", "concurrent changes are merged without loss and without a lock that can be lost", "ParallelSteps_LoseNoChangeOfTheContext PostgresStoreTests.TwoProcesses_DoEachItemOnce WorkerPoolTests.Pool_DoesManyRuns_AndLosesNoChangeOfTheirContexts"),
        ("A.9 run info", "list by status and page", "Runs_AreListed_PageByPage_AndByFilter"),
        ("A.9 errors", "append-only", "Errors_AreAppendOnly_HoweverMany FailedAttempt_LeavesNoTrace_ButItsError"),
        ("A.9 liveness", "the newest word of each worker", "WorkerHealth_IsThatOfTheWorker_AndTheNewest"),
        ("A.9 item states", "status and attempts of every item, also of those that are done", "Items_KeepTheirAttempts_WhenTheyAreDone"),
        ("A.9 unknown", "empty lists everywhere, updates refused", "UnknownRun_HasEmptyViews UnknownRun_CannotBeSteered"),
        ("A.9 unlocked updates", "decided on a state that is still the stored one", "PostgresStoreTests.TwoProcesses_DoEachItemOnce PostgresStoreTests.WorkOfOneProcess_IsPushedToAnother_AndSoIsTheEnd"),
        ("A.9 delete", "finished runs can be deleted", "DeletedRun_IsGone_FromEveryView Delete_OfALiveRun_IsRefused"),
        ("A.9 connection settings", "used, checked, and said", "PostgresStoreTests.WrongOptions_AreAllNamed PostgresStoreTests.UnreachableServer_IsSaidSo_WithoutThePassword"),
        ("A.10 worker default", "5 attempts, 1 2 4 8 s; the node's own wins", "WorkflowWorkerTests.DefaultRetry_IsFiveAttempts_After1_2_4_8Seconds WorkflowWorkerTests.NodesOwnPolicy_WinsOverTheWorkers_AndAFinalErrorOverBoth NodesOwnPolicy_WinsOverTheWorkers_WhichWinsOverTheRuns"),
        ("A.11 builder", "a missing part is named", "WorkflowWorkerTests.Builder_WithMissingParts_NamesAllOfThem WorkflowWorkerTests.Builder_WithAWorkflowTwice_OrABadId_SaysSo"),
        ("A.11 F16", "an item that was handed out twice takes effect once", "WorkflowWorkerTests.ItemThatWasHandedOutTwice_TakesEffectOnce Step_UnderAnOldLease_IsRefused_AndChangesNothing Step_PresentedTwice_TakesEffectOnce"),
        ("A.11 F10", "3 calls, 3 errors, {0, 0, 1, 2}, (PermanentlyFailed, 3), Failed", "WorkflowWorkerTests.NodeThatAlwaysFails_WithThreeAttempts_HasTheVerifiedNumbers NodeThatAlwaysFails_IsCalledThreeTimes_WithThreeErrors"),
        ("A.11 siblings", "a failed run hands out nothing", "FailedRun_HandsOutNoneOfItsOtherItems"),
        ("A.11 idle", "waits only when nothing was found, and is woken", "WorkflowWorkerTests.RunForever_NeverWaitsWhileThereIsWork Take_EndsItsWait_WhenItsTimeIsUp"),
        ("A.11 F1", "run info before the first item", "Run_IsKnown_BeforeItsFirstItemCanBeTaken"),
        ("A.11 F2", "paused hands out nothing, in flight ends, stays paused", "PausedRun_HandsOutNothing_AndStepsInFlightCommit"),
        ("A.11 F3", "final is final; the step in flight is told", "Cancel_DuringTheLastStep_IsFinal WorkflowWorkerTests.CancelledRun_StopsTheNodeInFlight_AndStaysCancelled"),
        ("A.11 F4", "liveness never gates work", "WorkerHealthTests.HealthOfAnEarlierLife_DoesNotKeepAWorkerFromWorking OneWorker_MayTakeTheSameItemAgain_WhateverItsHealthSays"),
        ("A.11 F6", "completed when nothing is left; output rule", "RunWithTwoBranches_IsCompletedOnlyWhenNothingIsLeft"),
        ("A.11 F7", "leases with expiry and redelivery", "Worker_KilledInTheMiddleOfAStep_ItsItemIsTakenAgain PostgresStoreTests.ProcessThatEnds_LosesItsLeases_ToAnother"),
        ("A.11 F9", "one final state", "RunWithAFailedBranch_IsFailed_WithoutAnOutput"),
        ("A.11 F12", "the worker's own id", "WorkerHealthTests.Health_HasTheWorkersId_AndWhatItHas WorkerPoolTests.Pool_DoesManyRuns_AndLosesNoChangeOfTheirContexts"),
        ("A.11 F14", "a failed step leaves no trace", "WorkflowWorkerTests.FailedStep_LeavesNoTraceInTheContext"),
        ("A.11 heartbeat", "also while a step runs", "WorkerHealthTests.StepThatTakesLong_KeepsItsLease_AndItsWorkerAlive RenewedLease_LastsAsLongAsItIsRenewed"),
        ("A.11 backoff", "a durable wait", "Reopened_RetryWait_EndsAtItsTime FailedAttempt_ComesAgain_AtItsTime"),
        ("A.11 re-enqueue", "an outbox or timer in the rows", "Reopened_UndeliveredChild_IsStarted AwaitedChild_GivesItsOutputToItsParent"),
        ("A.11 callbacks", "awaited, in order, what they throw counts", "WorkerCallbackTests.Callbacks_AreAwaited_InOrder_BeforeTheStepIsCommitted WorkerCallbackTests.OnStarting_ThatThrows_IsAFailedAttempt_AndTheNodeDoesNotRun WorkerCallbackTests.OnSuccess_ThatThrows_LeavesNothingOfTheStep WorkerCallbackTests.OnError_IsTold_AndWhatItThrowsIsLogged_AndKeptWithTheError WorkerCallbackTests.OnSuccess_IsNotCalled_OnceTheLeaseIsLost"),
        ("A.11 pool", "start, drain, stop, join, health", "WorkerPoolTests.Drain_LetsTheStepInFlightEnd_AndTakesNoOther WorkerPoolTests.Stop_TellsTheStepInFlight_AndGivesItsItemBack WorkerPoolTests.PoolThatWasNeverStarted_CanBeJoined_OnceItIsStopped"),
        ("A.12 views", "status, metrics, context, history, items, output", "StoreOrchestratorTests.Start_Status_Metrics_Context_History_Output_AreThoseOfTheRun"),
        ("A.12 unknown", "not found; errors, items and history are empty", "StoreOrchestratorTests.UnknownRun_IsNotFound_ButHasNoErrorsItemsOrHistory"),
        ("A.12 cancel", "rejected on final states", "Cancel_OfACompletedRun_IsRefused StoreOrchestratorTests.CancelledRun_ThrowsCancelled_WithItsReason"),
        ("A.12 F10b", "a failed run goes on, and its end is cleared", "Resume_OfAFailedRun_GoesOnWithWhatFailed StoreOrchestratorTests.FailedRun_ThrowsItsFailure_AndGoesOnWhenItIsResumed"),
        ("A.12 F17", "resume of a paused run repeats nothing", "ResumedRun_DoesNotRepeatWhatIsDone"),
        ("A.12 resume final", "refused", "Resume_OfACompletedOrCancelledRun_IsRefused"),
        ("A.12 pending", "in flight is something else", "StoreOrchestratorTests.Pending_AndInFlight_AreToldApart"),
        ("A.12 liveness", "alive below t, stale below 3 t, dead", "WorkerHealthTests.Liveness_IsJudgedByAge WorkerHealthTests.IdleWorker_SaysThatItIsAlive"),
        ("A.12 wait", "pushed, not polled", "WaitForCompletion_IsPushed WaitForCompletion_OfAnUnknownRun_SaysSo"),
        ("F 002 loop", "an error is logged and the loop goes on", "WorkflowWorkerTests.FailureOfTheLoop_IsLogged_AndTheLoopGoesOn"),
        ("F 002 machines", "several workers and processes on one store", "PostgresStoreTests.TwoProcesses_DoEachItemOnce WorkerKillTests.KilledWorkers_OnASharedPostgres_LoseNoStep_AndDoubleNone"),
        ("F 002 status", "idle, in progress, retrying, failed", "WorkerHealthTests.Health_SaysInProgress_ThenRetrying_ThenFailed_ThenIdle"),
        ("issue: version", "an unknown version waits for a worker that has it, and says so", "WorkflowWorkerTests.UnknownVersion_WaitsForAWorkerThatHasIt_AndSaysSo Take_OfOtherWorkflowsAndVersions_LeavesTheItem"),
    ];

    [Fact]
    public void EveryRow_IsHeldByTestsOrChecks_ThatAreThere()
    {
        var known = Assembly.GetExecutingAssembly().GetTypes()
            .SelectMany(type => type.GetMethods().Where(method => method.GetCustomAttributes<FactAttribute>().Any()).Select(method => $"{type.Name}.{method.Name}"))
            .Concat(WorkflowStoreConformance.Checks.Select(check => check.Name))
            .ToHashSet(StringComparer.Ordinal);

        Assert.Empty(Table.SelectMany(row => row.Tests.Split(' ').Where(test => !known.Contains(test)).Select(test => $"{row.Row} ({row.Wanted}): {test}")));
        Assert.Equal(Table.Length, Table.Select(row => row.Row).Distinct().Count());
    }

    [Fact]
    public void Checks_HaveNamesOfTheirOwn() =>
        Assert.Equal(WorkflowStoreConformance.Checks.Count, WorkflowStoreConformance.Checks.Select(check => check.Name).Distinct().Count());
}
