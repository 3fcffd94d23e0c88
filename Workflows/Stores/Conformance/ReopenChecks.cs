using OrleansFlow.Workflows.Runs;
using static OrleansFlow.Workflows.Stores.Conformance.StoreScript;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>What survives the store's process.</summary>
internal static class ReopenChecks
{
    public static IReadOnlyList<WorkflowStoreCheck> All => WorkflowStoreConformance.ListOf(
        Reopened_PendingWork_IsHandedOut,
        Reopened_WorkInFlight_IsTakenAgain_WithinALeaseDuration,
        Reopened_RetryWait_EndsAtItsTime,
        Reopened_LongRun_IsAsItWas,
        Reopened_UndeliveredChild_IsStarted,
        Reopened_EndedRun_IsKept);

    private static async Task Reopened_PendingWork_IsHandedOut(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain, context: "[1]").ConfigureAwait(false);
        var lease = await script.TakeAsync().ConfigureAwait(false);
        Accepted(await script.CommitAsync(lease, Outcome(lease, "b") with { Delta = Payload.FromJson("[2]") }).ConfigureAwait(false));
        var special = await script.StartAsync(CheckWorkflows.WithRole).ConfigureAwait(false);
        Accepted(await script.NextAsync(await script.TakeAsync(Anybody with { Workflows = [new("with-role", 1)] }).ConfigureAwait(false), "special").ConfigureAwait(false));
        await script.ReopenAsync().ConfigureAwait(false);

        var next = await script.TakeAsync(Anybody with { Roles = [] }).ConfigureAwait(false);
        Same((run, "b"), (next.Token.Run, NodeOf(next)));
        Same(("[1]", "[2]"), (next.Context.Snapshot.ToString(), next.Context.Deltas.Single().ToString()));
        await script.TakeNothingAsync(Anybody with { Roles = [] }).ConfigureAwait(false);
        Same(special, (await script.TakeAsync(Anybody with { Roles = ["gpu"] }).ConfigureAwait(false)).Token.Run);
    }

    private static async Task Reopened_WorkInFlight_IsTakenAgain_WithinALeaseDuration(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lost = await script.TakeAsync().ConfigureAwait(false);
        await script.ReopenAsync().ConfigureAwait(false);
        await script.AdvanceAsync(script.LeaseDuration).ConfigureAwait(false);

        var again = await script.TakeAsync().ConfigureAwait(false);
        Same(lost.Token.Item, again.Token.Item);
        That(again.Token.Epoch > lost.Token.Epoch);
        Refused(await script.NextAsync(lost, "b").ConfigureAwait(false));
        Accepted(await script.NextAsync(again, "b").ConfigureAwait(false));
    }

    private static async Task Reopened_RetryWait_EndsAtItsTime(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Single, retry: new() { InitialBackoff = TimeSpan.FromSeconds(8) }).ConfigureAwait(false);
        Accepted(await script.FailAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));
        await script.ReopenAsync().ConfigureAwait(false);

        await script.AdvanceAsync(TimeSpan.FromSeconds(7)).ConfigureAwait(false);
        await script.TakeNothingAsync().ConfigureAwait(false);
        await script.AdvanceAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        Same(2, (await script.TakeAsync().ConfigureAwait(false)).Item.Attempts);
    }

    private static async Task Reopened_LongRun_IsAsItWas(StoreScript script)
    {
        const int Steps = 150;
        var run = await script.StartAsync(CheckWorkflows.Loop).ConfigureAwait(false);
        for (var step = 0; step < Steps; step++)
        {
            var lease = await script.TakeAsync().ConfigureAwait(false);
            Accepted(await script.CommitAsync(lease, Outcome(lease, "again") with { Delta = Payload.FromJson($"{step}") }).ConfigureAwait(false));
        }

        await script.ReopenAsync().ConfigureAwait(false);

        Same(new RunCounters(Total: Steps), await script.MetricsAsync(run).ConfigureAwait(false));
        Same((long)Steps, (await script.ContextAsync(run).ConfigureAwait(false)).Version);
        Same(1L + (2 * Steps), (await script.Store.GetHistoryAsync(run, 0, 10_000, script.Token).ConfigureAwait(false)).Count);
        var next = await script.TakeAsync().ConfigureAwait(false);
        Same((Steps + 1L, (long)Steps), (next.Token.Item, next.Context.Version));
    }

    private static async Task Reopened_UndeliveredChild_IsStarted(StoreScript script)
    {
        // Whether the child was started before or after the end of the process: it is started once.
        await script.Store.RegisterAsync(CheckWorkflows.Single, script.Token).ConfigureAwait(false);
        await script.StartAsync(CheckWorkflows.Chain, id: "parent").ConfigureAwait(false);
        var order = new ChildOrder { Id = "child", Workflow = "single", Await = true };
        Accepted(await script.CommitAsync(await script.TakeAsync().ConfigureAwait(false), new StepOutcome { Children = [order] }).ConfigureAwait(false));
        await script.ReopenAsync().ConfigureAwait(false);

        var child = await script.TakeAsync().ConfigureAwait(false);
        Same("child", child.Token.Run.Value);
        await script.TakeNothingAsync().ConfigureAwait(false);
        Accepted(await script.EndAsync(child).ConfigureAwait(false));
        await script.ReopenAsync().ConfigureAwait(false);
        Same("parent", (await script.TakeAsync().ConfigureAwait(false)).Token.Run.Value);
    }

    private static async Task Reopened_EndedRun_IsKept(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single, key: "k").ConfigureAwait(false);
        Accepted(await script.EndAsync(await script.TakeAsync().ConfigureAwait(false), "3").ConfigureAwait(false));
        await script.ReopenAsync().ConfigureAwait(false);

        SameList(["3"], (await script.Store.WaitForCompletionAsync(run, script.Token).ConfigureAwait(false)).Outputs.Select(output => output.ToString()));
        await script.TakeNothingAsync().ConfigureAwait(false);
        That(!(await script.CreateAsync(CheckWorkflows.Single, key: "k").ConfigureAwait(false)).IsNew);
    }
}
