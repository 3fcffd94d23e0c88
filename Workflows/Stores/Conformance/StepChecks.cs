using OrleansFlow.Workflows.Runs;
using static OrleansFlow.Workflows.Stores.Conformance.StoreScript;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>A step is a transaction.</summary>
internal static class StepChecks
{
    public static IReadOnlyList<WorkflowStoreCheck> All => WorkflowStoreConformance.ListOf(
        Step_CommitsDeltaSuccessorsStatusAndCountersTogether,
        Successor_SeesTheContextThatItsPredecessorLeft,
        Step_ThatBreaksTheDefinition_IsRefused_AndChangesNothing,
        Step_PresentedTwice_TakesEffectOnce,
        ParallelSteps_LoseNoChangeOfTheContext,
        RunWithTwoBranches_IsCompletedOnlyWhenNothingIsLeft,
        RunWithAFailedBranch_IsFailed_WithoutAnOutput,
        FoldedContext_KeepsItsVersion);

    private static async Task Step_CommitsDeltaSuccessorsStatusAndCountersTogether(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain, context: "[0]").ConfigureAwait(false);
        var lease = await script.TakeAsync().ConfigureAwait(false);
        var before = await script.RunAsync(run).ConfigureAwait(false);
        Same((0, 1, 0L), (before.PendingCount, before.InFlightCount, (await script.ContextAsync(run).ConfigureAwait(false)).Version));

        Accepted(await script.CommitAsync(lease, Outcome(lease, "b") with { Delta = Payload.FromJson("[1]") }).ConfigureAwait(false));

        var (after, context) = (await script.RunAsync(run).ConfigureAwait(false), await script.ContextAsync(run).ConfigureAwait(false));
        Same((1, 0), (after.PendingCount, after.InFlightCount));
        Same(("[0]", "[1]", 1), (context.Snapshot.ToString(), context.Deltas[^1].ToString(), context.Deltas.Count));
        Same(new RunCounters(Total: 1), await script.MetricsAsync(run).ConfigureAwait(false));
        SameList(
            [("a", WorkItemState.Completed, 1), ("b", WorkItemState.Pending, 0)],
            (await script.ItemsAsync(run).ConfigureAwait(false)).Select(item => (item.Node, item.State, item.Attempts)));
    }

    private static async Task Successor_SeesTheContextThatItsPredecessorLeft(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var first = await script.TakeAsync().ConfigureAwait(false);

        // The successor's worker waits already: it gets the item at the very moment at which there is one.
        var taking = script.TakeAsync();
        Accepted(await script.CommitAsync(first, Outcome(first, "b") with { Delta = Payload.FromJson("\"from a\"") }).ConfigureAwait(false));

        var second = await taking.ConfigureAwait(false);
        SameList(["\"from a\""], second.Context.Deltas.Select(delta => delta.ToString()));
    }

    private static async Task Step_ThatBreaksTheDefinition_IsRefused_AndChangesNothing(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lease = await script.TakeAsync().ConfigureAwait(false);

        Refused(await script.CommitAsync(lease, Outcome(lease, "c") with { Delta = Payload.FromJson("1") }).ConfigureAwait(false));
        Refused(await script.EndAsync(lease).ConfigureAwait(false));

        Same(0L, (await script.ContextAsync(run).ConfigureAwait(false)).Version);
        Accepted(await script.NextAsync(lease, "b").ConfigureAwait(false));
    }

    private static async Task Step_PresentedTwice_TakesEffectOnce(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lease = await script.TakeAsync().ConfigureAwait(false);
        var outcome = Outcome(lease, "b") with { Delta = Payload.FromJson("1") };

        Accepted(await script.CommitAsync(lease, outcome).ConfigureAwait(false));
        await script.CommitAsync(lease, outcome).ConfigureAwait(false);

        Same(1L, (await script.ContextAsync(run).ConfigureAwait(false)).Version);
        Same(1, (await script.RunAsync(run).ConfigureAwait(false)).PendingCount);
        Same(1L, (await script.MetricsAsync(run).ConfigureAwait(false)).Total);
    }

    private static async Task ParallelSteps_LoseNoChangeOfTheContext(StoreScript script)
    {
        const int Count = 50;
        var run = await script.StartAsync(CheckWorkflows.Split).ConfigureAwait(false);
        var first = await script.TakeAsync().ConfigureAwait(false);
        Accepted(await script.NextAsync(first, [.. Enumerable.Repeat("work", Count)]).ConfigureAwait(false));
        var leases = new List<WorkLease>();
        for (var index = 0; index < Count; index++)
        {
            leases.Add(await script.TakeAsync().ConfigureAwait(false));
        }

        var receipts = await Task.WhenAll(leases.Select((lease, index) => Task.Run(() => script.CommitAsync(
            lease, new StepOutcome { Delta = Payload.FromJson($"{index}"), Outputs = [Payload.FromJson("1")] })))).ConfigureAwait(false);

        Array.ForEach(receipts, Accepted);
        Same(1, receipts.Count(receipt => receipt.Ended is not null), "the number of receipts that say that the run has ended");
        var context = await script.ContextAsync(run).ConfigureAwait(false);
        SameList(Enumerable.Range(0, Count), context.Deltas.Select(delta => int.Parse(delta.ToString(), System.Globalization.CultureInfo.InvariantCulture)).Order());
        Same(new RunCounters(Total: Count + 1, Completed: Count), await script.MetricsAsync(run).ConfigureAwait(false));
    }

    private static async Task RunWithTwoBranches_IsCompletedOnlyWhenNothingIsLeft(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.TwoEnds).ConfigureAwait(false);
        Accepted(await script.NextAsync(await script.TakeAsync().ConfigureAwait(false), "left", "right").ConfigureAwait(false));
        var (left, right) = (await script.TakeAsync().ConfigureAwait(false), await script.TakeAsync().ConfigureAwait(false));

        var first = await script.EndAsync(left, "\"left\"").ConfigureAwait(false);
        Same(null, first.Ended);
        Same(WorkflowRunStatus.Running, (await script.RunAsync(run).ConfigureAwait(false)).Status);

        var second = await script.EndAsync(right, "\"right\"").ConfigureAwait(false);
        Same(WorkflowRunStatus.Completed, second.Ended?.Status);
        SameList(["\"left\""], (await script.RunAsync(run).ConfigureAwait(false)).Outputs.Select(output => output.ToString()));
    }

    private static async Task RunWithAFailedBranch_IsFailed_WithoutAnOutput(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.TwoEnds, retry: Retries.StepRetryPolicy.Never).ConfigureAwait(false);
        Accepted(await script.NextAsync(await script.TakeAsync().ConfigureAwait(false), "left", "right").ConfigureAwait(false));
        var (left, right) = (await script.TakeAsync().ConfigureAwait(false), await script.TakeAsync().ConfigureAwait(false));

        Accepted(await script.EndAsync(left).ConfigureAwait(false));
        var failed = await script.FailAsync(right, "right is broken").ConfigureAwait(false);

        Same(WorkflowRunStatus.Failed, failed.Ended?.Status);
        var summary = await script.RunAsync(run).ConfigureAwait(false);
        Same((WorkflowRunStatus.Failed, 0), (summary.Status, summary.Outputs.Count));
        That(summary.Failure!.Contains("right is broken", StringComparison.Ordinal));
        That(summary.EndedUtc is not null);
    }

    private static async Task FoldedContext_KeepsItsVersion(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain, context: "0").ConfigureAwait(false);
        foreach (var next in (string[])["b", "c"])
        {
            var lease = await script.TakeAsync().ConfigureAwait(false);
            Accepted(await script.CommitAsync(lease, Outcome(lease, next) with { Delta = Payload.FromJson("1") }).ConfigureAwait(false));
        }

        That(await script.Store.FoldContextAsync(run, 1, Payload.FromJson("10"), script.Token).ConfigureAwait(false));
        That(!await script.Store.FoldContextAsync(run, 1, Payload.FromJson("11"), script.Token).ConfigureAwait(false));

        var context = await script.ContextAsync(run).ConfigureAwait(false);
        Same(("10", 1L, 2L, 1), (context.Snapshot.ToString(), context.SnapshotVersion, context.Version, context.Deltas.Count));
    }
}
