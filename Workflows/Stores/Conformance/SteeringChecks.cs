using OrleansFlow.Errors;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;
using static OrleansFlow.Workflows.Stores.Conformance.StoreScript;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>Pause, resume, cancel, delete.</summary>
internal static class SteeringChecks
{
    public static IReadOnlyList<WorkflowStoreCheck> All => WorkflowStoreConformance.ListOf(
        PausedRun_HandsOutNothing_AndStepsInFlightCommit,
        PausedRun_SaysWhy_UntilItIsResumed,
        ResumedRun_DoesNotRepeatWhatIsDone,
        Resume_WakesAWaitingWorker,
        Resume_OfAFailedRun_GoesOnWithWhatFailed,
        Resume_OfACompletedOrCancelledRun_IsRefused,
        Cancel_DuringTheLastStep_IsFinal,
        Cancel_OfACompletedRun_IsRefused,
        UnknownRun_CannotBeSteered,
        DeletedRun_IsGone_FromEveryView,
        Delete_OfALiveRun_IsRefused);

    private static async Task PausedRun_HandsOutNothing_AndStepsInFlightCommit(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.TwoEnds).ConfigureAwait(false);
        Accepted(await script.NextAsync(await script.TakeAsync().ConfigureAwait(false), "left", "right").ConfigureAwait(false));
        var flying = await script.TakeAsync().ConfigureAwait(false);

        Same(WorkflowRunStatus.Paused, (await script.SteerAsync(run, RunSteering.Pause).ConfigureAwait(false)).Status);
        await script.TakeNothingAsync().ConfigureAwait(false);
        Accepted(await script.EndAsync(flying).ConfigureAwait(false));
        Same(WorkflowRunStatus.Paused, (await script.SteerAsync(run, RunSteering.Pause).ConfigureAwait(false)).Status);
        await script.TakeNothingAsync().ConfigureAwait(false);

        await script.SteerAsync(run, RunSteering.Resume).ConfigureAwait(false);
        Accepted(await script.EndAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));
        Same(WorkflowRunStatus.Completed, (await script.RunAsync(run).ConfigureAwait(false)).Status);
    }

    private static async Task PausedRun_SaysWhy_UntilItIsResumed(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        Same("look first", (await script.Store.SteerAsync(run, RunSteering.Pause, "look first", script.Token).ConfigureAwait(false)).Failure);
        Same("look first", (await script.RunAsync(run).ConfigureAwait(false)).Failure);

        Same(null, (await script.SteerAsync(run, RunSteering.Resume).ConfigureAwait(false)).Failure);
    }

    private static async Task ResumedRun_DoesNotRepeatWhatIsDone(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        Accepted(await script.NextAsync(await script.TakeAsync().ConfigureAwait(false), "b").ConfigureAwait(false));
        await script.SteerAsync(run, RunSteering.Pause).ConfigureAwait(false);
        await script.SteerAsync(run, RunSteering.Resume).ConfigureAwait(false);
        await script.SteerAsync(run, RunSteering.Resume).ConfigureAwait(false);

        Same("b", NodeOf(await script.TakeAsync().ConfigureAwait(false)));
        await script.TakeNothingAsync().ConfigureAwait(false);
    }

    private static async Task Resume_WakesAWaitingWorker(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        await script.SteerAsync(run, RunSteering.Pause).ConfigureAwait(false);
        var taking = script.TakeAsync();
        That(!taking.IsCompleted);
        await script.SteerAsync(run, RunSteering.Resume).ConfigureAwait(false);

        Same(run, (await taking.ConfigureAwait(false)).Token.Run);
    }

    private static async Task Resume_OfAFailedRun_GoesOnWithWhatFailed(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain, retry: StepRetryPolicy.Never).ConfigureAwait(false);
        Accepted(await script.NextAsync(await script.TakeAsync().ConfigureAwait(false), "b").ConfigureAwait(false));
        Accepted(await script.FailAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));
        That((await script.RunAsync(run).ConfigureAwait(false)).EndedUtc is not null);

        var resumed = await script.SteerAsync(run, RunSteering.Resume).ConfigureAwait(false);

        Same((WorkflowRunStatus.Running, null, null), (resumed.Status, resumed.EndedUtc, resumed.Failure));
        var again = await script.TakeAsync().ConfigureAwait(false);
        Same(("b", 1), (NodeOf(again), again.Item.Attempts));
        Accepted(await script.NextAsync(again, "c").ConfigureAwait(false));
        Accepted(await script.EndAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));
        Same(WorkflowRunStatus.Completed, (await script.RunAsync(run).ConfigureAwait(false)).Status);
    }

    private static async Task Resume_OfACompletedOrCancelledRun_IsRefused(StoreScript script)
    {
        var done = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);
        Accepted(await script.EndAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));
        var cancelled = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);
        await script.SteerAsync(cancelled, RunSteering.Cancel).ConfigureAwait(false);

        await FailsAsync(FlowErrorCode.AlreadyEnded, async () => await script.SteerAsync(done, RunSteering.Resume).ConfigureAwait(false)).ConfigureAwait(false);
        await FailsAsync(FlowErrorCode.AlreadyEnded, async () => await script.SteerAsync(cancelled, RunSteering.Resume).ConfigureAwait(false)).ConfigureAwait(false);
        await FailsAsync(FlowErrorCode.AlreadyEnded, async () => await script.SteerAsync(done, RunSteering.Pause).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task Cancel_DuringTheLastStep_IsFinal(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);
        var last = await script.TakeAsync().ConfigureAwait(false);
        var cancelled = await script.SteerAsync(run, RunSteering.Cancel).ConfigureAwait(false);
        Same((WorkflowRunStatus.Cancelled, script.NowUtc), (cancelled.Status, cancelled.EndedUtc));

        Refused(await script.EndAsync(last).ConfigureAwait(false));

        var run2 = await script.RunAsync(run).ConfigureAwait(false);
        Same((WorkflowRunStatus.Cancelled, 0), (run2.Status, run2.Outputs.Count));
    }

    private static async Task Cancel_OfACompletedRun_IsRefused(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);
        Accepted(await script.EndAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));

        await FailsAsync(FlowErrorCode.AlreadyEnded, async () => await script.SteerAsync(run, RunSteering.Cancel).ConfigureAwait(false)).ConfigureAwait(false);
        Same(WorkflowRunStatus.Completed, (await script.RunAsync(run).ConfigureAwait(false)).Status);
    }

    private static async Task UnknownRun_CannotBeSteered(StoreScript script)
    {
        foreach (var steering in Enum.GetValues<RunSteering>())
        {
            await FailsAsync(FlowErrorCode.NotFound, async () => await script.SteerAsync(new("nobody"), steering).ConfigureAwait(false)).ConfigureAwait(false);
        }

        await FailsAsync(FlowErrorCode.NotFound, () => script.Store.SignalAsync(new("nobody"), "go", default, null, script.Token)).ConfigureAwait(false);
        Refused(await script.Store.CommitStepAsync(new(new("nobody"), 1, 1), new StepOutcome(), script.Token).ConfigureAwait(false));
    }

    private static async Task DeletedRun_IsGone_FromEveryView(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single, id: "r1", key: "k").ConfigureAwait(false);
        Accepted(await script.EndAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));

        That(await script.Store.DeleteRunAsync(run, script.Token).ConfigureAwait(false));
        That(!await script.Store.DeleteRunAsync(run, script.Token).ConfigureAwait(false));

        Same(null, await script.Store.GetRunAsync(run, script.Token).ConfigureAwait(false));
        Same(0, (await script.Store.ListRunsAsync(new(), script.Token).ConfigureAwait(false)).Runs.Count);
        Same(0, (await script.ItemsAsync(run).ConfigureAwait(false)).Count);
        Same(0, (await script.Store.GetHistoryAsync(run, 0, 100, script.Token).ConfigureAwait(false)).Count);
        That((await script.CreateAsync(CheckWorkflows.Single, id: "r1", key: "k").ConfigureAwait(false)).IsNew);
        Same(run, (await script.TakeAsync().ConfigureAwait(false)).Token.Run);
    }

    private static async Task Delete_OfALiveRun_IsRefused(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);

        await FailsAsync(FlowErrorCode.BadInput, async () => await script.Store.DeleteRunAsync(run, script.Token).ConfigureAwait(false)).ConfigureAwait(false);
        await script.TakeAsync().ConfigureAwait(false);
    }
}
