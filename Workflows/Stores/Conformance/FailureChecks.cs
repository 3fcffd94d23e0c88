using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;
using static OrleansFlow.Workflows.Stores.Conformance.StoreScript;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>Attempts that fail.</summary>
internal static class FailureChecks
{
    private static readonly StepRetryPolicy Three = new() { MaxAttempts = 3 };

    public static IReadOnlyList<WorkflowStoreCheck> All => WorkflowStoreConformance.ListOf(
        FailedAttempt_LeavesNoTrace_ButItsError,
        FailedAttempt_ComesAgain_AtItsTime,
        NodeThatAlwaysFails_IsCalledThreeTimes_WithThreeErrors,
        NodesOwnPolicy_WinsOverTheWorkers_WhichWinsOverTheRuns,
        FailedRun_HandsOutNoneOfItsOtherItems,
        Errors_AreAppendOnly_HoweverMany);

    private static async Task FailedAttempt_LeavesNoTrace_ButItsError(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain, retry: Three).ConfigureAwait(false);
        var failedUtc = script.NowUtc;
        Accepted(await script.FailAsync(await script.TakeAsync().ConfigureAwait(false), "broken").ConfigureAwait(false));

        Same(0L, (await script.ContextAsync(run).ConfigureAwait(false)).Version);
        Same(new RunCounters(Retries: 1), await script.MetricsAsync(run).ConfigureAwait(false));
        var error = (await script.ErrorsAsync(run).ConfigureAwait(false)).Single();
        Same((1L, "a", 1, "broken", failedUtc), (error.Item, error.Node, error.Attempt, error.Message, error.TimeUtc));
    }

    private static async Task FailedAttempt_ComesAgain_AtItsTime(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single, retry: Three).ConfigureAwait(false);
        var first = await script.TakeAsync().ConfigureAwait(false);
        Accepted(await script.FailAsync(first).ConfigureAwait(false));
        Same(WorkItemState.WaitingRetry, (await script.ItemsAsync(run).ConfigureAwait(false)).Single().State);
        Same(script.NowUtc + TimeSpan.FromSeconds(1), (await script.RunAsync(run).ConfigureAwait(false)).NextDueUtc);

        await script.TakeNothingAsync().ConfigureAwait(false);
        await script.AdvanceAsync(TimeSpan.FromMilliseconds(999)).ConfigureAwait(false);
        await script.TakeNothingAsync().ConfigureAwait(false);
        await script.AdvanceAsync(TimeSpan.FromMilliseconds(1)).ConfigureAwait(false);

        var second = await script.TakeAsync().ConfigureAwait(false);
        Same((first.Token.Item, 2), (second.Token.Item, second.Item.Attempts));
        That(second.Token.Epoch > first.Token.Epoch);
    }

    private static async Task NodeThatAlwaysFails_IsCalledThreeTimes_WithThreeErrors(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single, retry: Three).ConfigureAwait(false);
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Accepted(await script.FailAsync(await script.TakeAsync().ConfigureAwait(false), $"failure {attempt}").ConfigureAwait(false));
            await script.AdvanceAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
        }

        await script.TakeNothingAsync().ConfigureAwait(false);
        SameList([(1, "failure 1"), (2, "failure 2"), (3, "failure 3")], (await script.ErrorsAsync(run).ConfigureAwait(false)).Select(error => (error.Attempt, error.Message)));
        Same(new RunCounters(Total: 0, Completed: 0, Failed: 1, Retries: 2), await script.MetricsAsync(run).ConfigureAwait(false));
        SameList([(WorkItemState.PermanentlyFailed, 3)], (await script.ItemsAsync(run).ConfigureAwait(false)).Select(item => (item.State, item.Attempts)));
        Same(WorkflowRunStatus.Failed, (await script.RunAsync(run).ConfigureAwait(false)).Status);
    }

    private static async Task NodesOwnPolicy_WinsOverTheWorkers_WhichWinsOverTheRuns(StoreScript script)
    {
        var never = StepRetryPolicy.Never;
        var own = await script.StartAsync(CheckWorkflows.OwnRetry, retry: never).ConfigureAwait(false);
        Accepted(await script.FailAsync(await script.TakeAsync().ConfigureAwait(false), retry: never).ConfigureAwait(false));
        Same(script.NowUtc + TimeSpan.FromSeconds(5), (await script.RunAsync(own).ConfigureAwait(false)).NextDueUtc);

        var workers = await script.StartAsync(CheckWorkflows.Single, retry: never).ConfigureAwait(false);
        Accepted(await script.FailAsync(await script.TakeAsync().ConfigureAwait(false), retry: Three).ConfigureAwait(false));
        Same(script.NowUtc + TimeSpan.FromSeconds(1), (await script.RunAsync(workers).ConfigureAwait(false)).NextDueUtc);

        var runs = await script.StartAsync(CheckWorkflows.Single, retry: never).ConfigureAwait(false);
        Accepted(await script.FailAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));
        Same(WorkflowRunStatus.Failed, (await script.RunAsync(runs).ConfigureAwait(false)).Status);
    }

    private static async Task FailedRun_HandsOutNoneOfItsOtherItems(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Split, retry: StepRetryPolicy.Never).ConfigureAwait(false);
        Accepted(await script.NextAsync(await script.TakeAsync().ConfigureAwait(false), "work", "work", "work").ConfigureAwait(false));
        var (failing, flying) = (await script.TakeAsync().ConfigureAwait(false), await script.TakeAsync().ConfigureAwait(false));

        Accepted(await script.FailAsync(failing).ConfigureAwait(false));

        await script.TakeNothingAsync().ConfigureAwait(false);
        Refused(await script.EndAsync(flying).ConfigureAwait(false));
        SameList(
            [WorkItemState.Completed, WorkItemState.PermanentlyFailed, WorkItemState.Dropped, WorkItemState.Dropped],
            (await script.ItemsAsync(run).ConfigureAwait(false)).Select(item => item.State));
    }

    private static async Task Errors_AreAppendOnly_HoweverMany(StoreScript script)
    {
        const int Count = 130;
        var often = new StepRetryPolicy { MaxAttempts = Count + 1, InitialBackoff = TimeSpan.Zero };
        var run = await script.StartAsync(CheckWorkflows.Single, retry: often).ConfigureAwait(false);
        for (var attempt = 1; attempt <= Count; attempt++)
        {
            Accepted(await script.FailAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));
        }

        SameList(Enumerable.Range(1, Count), (await script.ErrorsAsync(run).ConfigureAwait(false)).Select(error => error.Attempt));
    }
}
