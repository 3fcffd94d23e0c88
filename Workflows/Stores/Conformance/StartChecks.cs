using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;
using static OrleansFlow.Workflows.Stores.Conformance.StoreScript;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>How runs come to be.</summary>
internal static class StartChecks
{
    public static IReadOnlyList<WorkflowStoreCheck> All => WorkflowStoreConformance.ListOf(
        Run_IsKnown_BeforeItsFirstItemCanBeTaken,
        Start_WithTheSameId_IsTheSameRun,
        Start_WithTheSameKey_IsTheSameRun,
        Start_WithATakenId_OfAnotherWorkflow_IsRefused,
        Start_ManyTimesAtOnce_WithOneKey_GivesOneRun,
        Definition_OfAKnownVersion_WithOtherContent_IsRefused);

    private static async Task Run_IsKnown_BeforeItsFirstItemCanBeTaken(StoreScript script)
    {
        // The fastest worker there can be: it waits already.
        var taking = script.TakeAsync();
        var run = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);
        var lease = await taking.ConfigureAwait(false);

        Same(run, lease.Token.Run);
        Same(WorkflowRunStatus.Running, (await script.RunAsync(run).ConfigureAwait(false)).Status);
        Accepted(await script.EndAsync(lease).ConfigureAwait(false));
        Same(WorkflowRunStatus.Completed, (await script.RunAsync(run).ConfigureAwait(false)).Status);
    }

    private static async Task Start_WithTheSameId_IsTheSameRun(StoreScript script)
    {
        var first = await script.CreateAsync(CheckWorkflows.Single, id: "r1").ConfigureAwait(false);
        var second = await script.CreateAsync(CheckWorkflows.Single, id: "r1").ConfigureAwait(false);

        Same((true, false), (first.IsNew, second.IsNew));
        Same(first.Run, second.Run);
        await script.TakeAsync().ConfigureAwait(false);
        await script.TakeNothingAsync().ConfigureAwait(false);
    }

    private static async Task Start_WithTheSameKey_IsTheSameRun(StoreScript script)
    {
        var first = await script.CreateAsync(CheckWorkflows.Single, key: "order 7").ConfigureAwait(false);
        var second = await script.CreateAsync(CheckWorkflows.Single, key: "order 7").ConfigureAwait(false);
        var other = await script.CreateAsync(CheckWorkflows.Single, key: "order 8").ConfigureAwait(false);

        Same((true, false, true), (first.IsNew, second.IsNew, other.IsNew));
        Same(first.Run, second.Run);
        That(other.Run != first.Run);
        Same("order 7", (await script.RunAsync(first.Run).ConfigureAwait(false)).IdempotencyKey);
    }

    private static async Task Start_WithATakenId_OfAnotherWorkflow_IsRefused(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Single, id: "r1").ConfigureAwait(false);

        await FailsAsync(FlowErrorCode.AlreadyExists, async () => await script.StartAsync(CheckWorkflows.Chain, id: "r1").ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task Start_ManyTimesAtOnce_WithOneKey_GivesOneRun(StoreScript script)
    {
        var created = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => script.CreateAsync(CheckWorkflows.Single, key: "k"))).ConfigureAwait(false);

        Same(1, created.Count(run => run.IsNew));
        Same(1, created.Select(run => run.Run).Distinct().Count());
    }

    private static async Task Definition_OfAKnownVersion_WithOtherContent_IsRefused(StoreScript script)
    {
        await script.Store.RegisterAsync(CheckWorkflows.Chain, script.Token).ConfigureAwait(false);
        await script.Store.RegisterAsync(CheckWorkflows.Chain, script.Token).ConfigureAwait(false);
        await script.Store.RegisterAsync(CheckWorkflows.SecondVersion, script.Token).ConfigureAwait(false);

        await FailsAsync(FlowErrorCode.AlreadyExists, () => script.Store.RegisterAsync(CheckWorkflows.ChangedChain, script.Token)).ConfigureAwait(false);
        await FailsAsync(FlowErrorCode.AlreadyExists, async () => await script.StartAsync(CheckWorkflows.ChangedChain).ConfigureAwait(false)).ConfigureAwait(false);
    }
}
