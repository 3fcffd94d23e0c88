using OrleansFlow.Workflows.Runs;
using static OrleansFlow.Workflows.Stores.Conformance.StoreScript;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>Leases: a worker may go away at any moment.</summary>
internal static class LeaseChecks
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    public static IReadOnlyList<WorkflowStoreCheck> All => WorkflowStoreConformance.ListOf(
        Worker_KilledInTheMiddleOfAStep_ItsItemIsTakenAgain,
        Step_UnderAnOldLease_IsRefused_AndChangesNothing,
        RenewedLease_LastsAsLongAsItIsRenewed,
        Renewal_OfALostLease_SaysSo,
        Renewal_OfACancelledRunsLease_SaysSo,
        ReleasedItem_IsPendingAtOnce_AndNoAttemptIsSpent,
        OneWorker_MayTakeTheSameItemAgain_WhateverItsHealthSays);

    private static async Task Worker_KilledInTheMiddleOfAStep_ItsItemIsTakenAgain(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lost = await script.TakeAsync().ConfigureAwait(false);

        await script.AdvanceAsync(script.LeaseDuration - Moment).ConfigureAwait(false);
        await script.TakeNothingAsync().ConfigureAwait(false);
        await script.AdvanceAsync(Moment).ConfigureAwait(false);

        var again = await script.TakeAsync().ConfigureAwait(false);
        Same(lost.Token.Item, again.Token.Item);
        Same(1, again.Item.Attempts);
        That(again.Token.Epoch > lost.Token.Epoch);
        Same(0, (await script.ErrorsAsync(run).ConfigureAwait(false)).Count);
        Accepted(await script.NextAsync(again, "b").ConfigureAwait(false));
    }

    private static async Task Step_UnderAnOldLease_IsRefused_AndChangesNothing(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lost = await script.TakeAsync().ConfigureAwait(false);
        await script.AdvanceAsync(script.LeaseDuration).ConfigureAwait(false);
        var again = await script.TakeAsync().ConfigureAwait(false);

        Refused(await script.CommitAsync(lost, Outcome(lost, "b") with { Delta = Payload.FromJson("1") }).ConfigureAwait(false));
        Refused(await script.FailAsync(lost).ConfigureAwait(false));
        Refused(await script.Store.ReleaseStepAsync(lost.Token, script.Token).ConfigureAwait(false));

        Same(0L, (await script.ContextAsync(run).ConfigureAwait(false)).Version);
        Accepted(await script.NextAsync(again, "b").ConfigureAwait(false));
        Same(1L, (await script.MetricsAsync(run).ConfigureAwait(false)).Total);
    }

    private static async Task RenewedLease_LastsAsLongAsItIsRenewed(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lease = await script.TakeAsync().ConfigureAwait(false);
        for (var third = 0; third < 12; third++)
        {
            await script.AdvanceAsync(script.LeaseDuration / 3).ConfigureAwait(false);
            That(await script.Store.RenewAsync(lease.Token, script.Token).ConfigureAwait(false));
            await script.TakeNothingAsync().ConfigureAwait(false);
        }

        await script.AdvanceAsync(script.LeaseDuration - Moment).ConfigureAwait(false);
        await script.TakeNothingAsync().ConfigureAwait(false);
        Accepted(await script.NextAsync(lease, "b").ConfigureAwait(false));
    }

    private static async Task Renewal_OfALostLease_SaysSo(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lost = await script.TakeAsync().ConfigureAwait(false);
        await script.AdvanceAsync(script.LeaseDuration).ConfigureAwait(false);
        var again = await script.TakeAsync().ConfigureAwait(false);

        That(!await script.Store.RenewAsync(lost.Token, script.Token).ConfigureAwait(false));
        That(await script.Store.RenewAsync(again.Token, script.Token).ConfigureAwait(false));
    }

    private static async Task Renewal_OfACancelledRunsLease_SaysSo(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lease = await script.TakeAsync().ConfigureAwait(false);
        await script.SteerAsync(run, RunSteering.Cancel).ConfigureAwait(false);

        That(!await script.Store.RenewAsync(lease.Token, script.Token).ConfigureAwait(false));
    }

    private static async Task ReleasedItem_IsPendingAtOnce_AndNoAttemptIsSpent(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lease = await script.TakeAsync().ConfigureAwait(false);
        Accepted(await script.Store.ReleaseStepAsync(lease.Token, script.Token).ConfigureAwait(false));

        var again = await script.TakeAsync().ConfigureAwait(false);
        Same((lease.Token.Item, 1), (again.Token.Item, again.Item.Attempts));
    }

    private static async Task OneWorker_MayTakeTheSameItemAgain_WhateverItsHealthSays(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lost = await script.TakeAsync().ConfigureAwait(false);
        await script.Store.ReportWorkerAsync(
            new WorkerHealth { Id = Anybody.Worker, LastHeartbeatUtc = script.NowUtc, State = WorkerState.InProgress, CurrentItem = lost.Token.Item }, script.Token).ConfigureAwait(false);
        await script.AdvanceAsync(script.LeaseDuration).ConfigureAwait(false);

        Same(lost.Token.Item, (await script.TakeAsync().ConfigureAwait(false)).Token.Item);
    }
}
