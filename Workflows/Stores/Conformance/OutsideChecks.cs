using OrleansFlow.Errors;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;
using static OrleansFlow.Workflows.Stores.Conformance.StoreScript;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>Terminate, update, reset, migrate.</summary>
internal static class OutsideChecks
{
    public static IReadOnlyList<WorkflowStoreCheck> All => WorkflowStoreConformance.ListOf(
        Terminate_EndsTheRun_ForGood,
        Update_IsAnsweredByAWorker_Once,
        Update_ThatIsUnknown_OrTooLate_IsRefused,
        Reset_DoesAStepOnceMore,
        Migration_GivesTheRunToWorkersOfTheNewVersion,
        Migration_ByAnOldPlan_IsRefused,
        Reopened_MigratedRun_IsOnItsNewVersion);

    private static async Task Terminate_EndsTheRun_ForGood(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var flying = await script.TakeAsync().ConfigureAwait(false);
        var ended = await script.Store.SteerAsync(run, RunSteering.Terminate, "enough", script.Token).ConfigureAwait(false);

        Same((WorkflowRunStatus.Failed, FlowErrorCode.Cancelled), (ended.Status, ended.FailureCode));
        Refused(await script.NextAsync(flying, "b").ConfigureAwait(false));
        await FailsAsync(FlowErrorCode.AlreadyEnded, async () => await script.SteerAsync(run, RunSteering.Resume).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task Update_IsAnsweredByAWorker_Once(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.WithUpdate).ConfigureAwait(false);
        var step = await script.TakeAsync().ConfigureAwait(false);
        var updating = script.Store.UpdateRunAsync(run, "add", Payload.FromJson("5"), "u1", script.Token).AsTask();
        var update = await script.TakeAsync().ConfigureAwait(false);
        Same(("add", "5"), (update.Item.Update, update.Item.Input.ToString()));
        That(!updating.IsCompleted);
        Accepted(await script.CommitAsync(update, new StepOutcome { Result = Payload.FromJson("6"), Delta = Payload.FromJson("1") }).ConfigureAwait(false));

        Same("6", (await updating.ConfigureAwait(false)).ToString());
        Same("6", (await script.Store.UpdateRunAsync(run, "add", Payload.FromJson("5"), "u1", script.Token).ConfigureAwait(false)).ToString());
        await script.TakeNothingAsync().ConfigureAwait(false);
        Same(1L, (await script.ContextAsync(run).ConfigureAwait(false)).Version);
        Accepted(await script.EndAsync(step).ConfigureAwait(false));
    }

    private static async Task Update_ThatIsUnknown_OrTooLate_IsRefused(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.WithUpdate).ConfigureAwait(false);
        await UpdateFailsAsync(FlowErrorCode.NotFound, "other").ConfigureAwait(false);
        Accepted(await script.EndAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));
        await UpdateFailsAsync(FlowErrorCode.AlreadyEnded, "add").ConfigureAwait(false);

        Task UpdateFailsAsync(FlowErrorCode code, string name) =>
            FailsAsync(code, async () => await script.Store.UpdateRunAsync(run, name, default, "u1", script.Token).ConfigureAwait(false));
    }

    private static async Task Reset_DoesAStepOnceMore(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        foreach (var next in (string[])["b", "c"])
        {
            var lease = await script.TakeAsync().ConfigureAwait(false);
            Accepted(await script.CommitAsync(lease, Outcome(lease, next) with { Delta = Payload.FromJson("1") }).ConfigureAwait(false));
        }

        var flying = await script.TakeAsync().ConfigureAwait(false);
        var reset = await script.Store.ResetRunAsync(run, 2, script.Token).ConfigureAwait(false);

        Same((WorkflowRunStatus.Running, 1, 0), (reset.Status, reset.PendingCount, reset.InFlightCount));
        Refused(await script.EndAsync(flying).ConfigureAwait(false));
        var again = await script.TakeAsync().ConfigureAwait(false);
        Same((2L, "b"), (again.Token.Item, NodeOf(again)));
        Same(1, again.Context.Snapshot.IsDefault ? again.Context.Deltas.Count : 1);
        await FailsAsync(FlowErrorCode.NotFound, async () => await script.Store.ResetRunAsync(run, 77, script.Token).ConfigureAwait(false)).ConfigureAwait(false);
        await FailsAsync(FlowErrorCode.NotFound, async () => await script.Store.ResetRunAsync(new("nobody"), 1, script.Token).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task Migration_GivesTheRunToWorkersOfTheNewVersion(StoreScript script)
    {
        var (first, second) = (Anybody with { Workflows = [new("chain", 1)] }, Anybody with { Workflows = [new("chain", 2)] });
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        Accepted(await script.NextAsync(await script.TakeAsync(first).ConfigureAwait(false), "b").ConfigureAwait(false));
        var flying = await script.TakeAsync(first).ConfigureAwait(false);

        Same(new WorkflowVersion("chain", 2), (await MigrateAsync(script, run).ConfigureAwait(false)).Workflow);

        Refused(await script.NextAsync(flying, "c").ConfigureAwait(false));
        That(!await script.Store.RenewAsync(flying.Token, script.Token).ConfigureAwait(false));
        await script.TakeNothingAsync(first).ConfigureAwait(false);
        var again = await script.TakeAsync(second).ConfigureAwait(false);
        Same(("b", CheckWorkflows.SecondVersion.Hash), (NodeOf(again), again.Workflow.Hash));
        Accepted(await script.NextAsync(again, "c").ConfigureAwait(false));
        SameList(["a", "b", "c"], (await script.ItemsAsync(run).ConfigureAwait(false)).Select(item => item.Node));
        Same(2, (await script.Store.ListRunsAsync(new(), script.Token).ConfigureAwait(false)).Runs.Single().Workflow.Version);
    }

    private static async Task Migration_ByAnOldPlan_IsRefused(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var plan = MigrationPlan.ByName((await script.Store.GetStateAsync(run, script.Token).ConfigureAwait(false))!, CheckWorkflows.SecondVersion);
        await script.TakeAsync().ConfigureAwait(false);

        await FailsAsync(FlowErrorCode.BadInput, async () => await script.Store.MigrateRunAsync(run, plan, script.Token).ConfigureAwait(false)).ConfigureAwait(false);
        await FailsAsync(FlowErrorCode.NotFound, async () => await script.Store.MigrateRunAsync(new("nobody"), plan, script.Token).ConfigureAwait(false)).ConfigureAwait(false);
        Same(null, await script.Store.GetStateAsync(new("nobody"), script.Token).ConfigureAwait(false));
        Same(1, (await script.RunAsync(run).ConfigureAwait(false)).Workflow.Version);
    }

    private static async Task Reopened_MigratedRun_IsOnItsNewVersion(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        await MigrateAsync(script, run).ConfigureAwait(false);
        await script.ReopenAsync().ConfigureAwait(false);

        var lease = await script.TakeAsync(Anybody with { Workflows = [new("chain", 2)] }).ConfigureAwait(false);
        Same((run, 2), (lease.Token.Run, lease.Workflow.Version));
        Accepted(await script.NextAsync(lease, "b").ConfigureAwait(false));
    }

    private static async Task<WorkflowRunSummary> MigrateAsync(StoreScript script, Tasks.RunId run)
    {
        var state = await script.Store.GetStateAsync(run, script.Token).ConfigureAwait(false);
        return await script.Store.MigrateRunAsync(run, MigrationPlan.ByName(state!, CheckWorkflows.SecondVersion), script.Token).ConfigureAwait(false);
    }
}
