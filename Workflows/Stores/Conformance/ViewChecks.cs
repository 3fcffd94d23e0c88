using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using static OrleansFlow.Workflows.Stores.Conformance.StoreScript;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>The views.</summary>
internal static class ViewChecks
{
    public static IReadOnlyList<WorkflowStoreCheck> All => WorkflowStoreConformance.ListOf(
        UnknownRun_HasEmptyViews,
        Runs_AreListed_PageByPage_AndByFilter,
        Items_KeepTheirAttempts_WhenTheyAreDone,
        History_IsTheRunsEvents_InOrder,
        RunThatContinuesAsNew_KeepsItsId_ItsNewestItemsAndTheirEvents,
        WorkerHealth_IsThatOfTheWorker_AndTheNewest);

    private static async Task UnknownRun_HasEmptyViews(StoreScript script)
    {
        var (store, nobody, token) = (script.Store, new RunId("nobody"), script.Token);

        Same(null, await store.GetRunAsync(nobody, token).ConfigureAwait(false));
        Same(null, await store.GetMetricsAsync(nobody, token).ConfigureAwait(false));
        Same(null, await store.GetContextAsync(nobody, token).ConfigureAwait(false));
        Same(0, (await store.GetErrorsAsync(nobody, token).ConfigureAwait(false)).Count);
        Same(0, (await store.GetItemsAsync(nobody, open: true, token).ConfigureAwait(false)).Count);
        Same(0, (await store.GetItemsAsync(nobody, open: false, token).ConfigureAwait(false)).Count);
        Same(0, (await store.GetHistoryAsync(nobody, 0, 10, token).ConfigureAwait(false)).Count);
        That(!await store.DeleteRunAsync(nobody, token).ConfigureAwait(false));
        That(!await store.RenewAsync(new(nobody, 1, 1), token).ConfigureAwait(false));
    }

    private static async Task Runs_AreListed_PageByPage_AndByFilter(StoreScript script)
    {
        for (var number = 0; number < 5; number++)
        {
            await script.StartAsync(CheckWorkflows.Single, id: $"a-{number}").ConfigureAwait(false);
        }

        await script.AdvanceAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        await script.StartAsync(CheckWorkflows.Chain, id: "b-0").ConfigureAwait(false);
        await script.SteerAsync(new("a-3"), RunSteering.Cancel).ConfigureAwait(false);

        var pages = new List<string>();
        string? after = null;
        do
        {
            var page = await script.Store.ListRunsAsync(new RunListFilter { Limit = 2, After = after }, script.Token).ConfigureAwait(false);
            pages.Add(string.Join("+", page.Runs.Select(run => run.Id.Value)));
            after = page.Next;
        }
        while (after is not null);

        SameList(["a-0+a-1", "a-2+a-3", "a-4+b-0"], pages);
        SameList(["b-0"], await ListAsync(new() { Workflow = "chain" }).ConfigureAwait(false), "the runs of workflow 'chain'");
        SameList(["a-3"], await ListAsync(new() { Status = WorkflowRunStatus.Cancelled }).ConfigureAwait(false), "the cancelled runs");
        SameList(["a-0", "a-1", "a-2", "a-4"], await ListAsync(new() { IdPrefix = "a-", Status = WorkflowRunStatus.Running }).ConfigureAwait(false), "the running runs with prefix a-");
        SameList(["b-0"], await ListAsync(new() { StartedFromUtc = script.NowUtc }).ConfigureAwait(false), "the runs that were accepted last");
        Same(5, (await ListAsync(new() { StartedBeforeUtc = script.NowUtc }).ConfigureAwait(false)).Count, "the number of runs that were accepted before");

        async Task<List<string>> ListAsync(RunListFilter filter) =>
            [.. (await script.Store.ListRunsAsync(filter, script.Token).ConfigureAwait(false)).Runs.Select(run => run.Id.Value)];
    }

    private static async Task Items_KeepTheirAttempts_WhenTheyAreDone(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain, retry: new() { InitialBackoff = TimeSpan.Zero }).ConfigureAwait(false);
        Accepted(await script.FailAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));
        Accepted(await script.NextAsync(await script.TakeAsync().ConfigureAwait(false), "b").ConfigureAwait(false));
        await script.TakeAsync().ConfigureAwait(false);

        SameList(
            [(1L, "a", WorkItemState.Completed, 2, "1"), (2L, "b", WorkItemState.InProgress, 1, "1")],
            (await script.ItemsAsync(run).ConfigureAwait(false)).Select(item => (item.Id, item.Node, item.State, item.Attempts, item.Input.ToString())));
        SameList([2L], (await script.ItemsAsync(run, open: true).ConfigureAwait(false)).Select(item => item.Id));
    }

    private static async Task History_IsTheRunsEvents_InOrder(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Split).ConfigureAwait(false);
        Accepted(await script.NextAsync(await script.TakeAsync().ConfigureAwait(false), "work").ConfigureAwait(false));
        await script.AdvanceAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        Accepted(await script.EndAsync(await script.TakeAsync().ConfigureAwait(false)).ConfigureAwait(false));

        var history = await script.Store.GetHistoryAsync(run, 0, 100, script.Token).ConfigureAwait(false);
        SameList(["Started", "Leased", "Committed", "Leased", "Committed"], history.Select(happened => happened.GetType().Name));
        SameList([0, 0, 0, 1, 1], history.Select(happened => (int)(happened.AtUtc - history[0].AtUtc).TotalSeconds));
        var rest = await script.Store.GetHistoryAsync(run, 3, 100, script.Token).ConfigureAwait(false);
        SameList(["Leased", "Committed"], rest.Select(happened => happened.GetType().Name));
        Same(2, (await script.Store.GetHistoryAsync(run, 1, 2, script.Token).ConfigureAwait(false)).Count);
    }

    private static async Task RunThatContinuesAsNew_KeepsItsId_ItsNewestItemsAndTheirEvents(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);
        for (var link = 2; link <= 6; link++)
        {
            var lease = await script.TakeAsync().ConfigureAwait(false);
            Same(run, lease.Token.Run);
            Accepted(await script.CommitAsync(lease, new StepOutcome { ContinueAsNew = new NewRun(Payload.FromJson($"{link}")) }).ConfigureAwait(false));
        }

        var last = await script.TakeAsync().ConfigureAwait(false);
        Same("6", last.Item.Input.ToString(), "the input of the last link");
        Accepted(await script.EndAsync(last).ConfigureAwait(false));

        // A store may forget the oldest links of a run that does this for ever.
        var items = await script.ItemsAsync(run).ConfigureAwait(false);
        Same((last.Token.Item, WorkItemState.Completed), (items[^1].Id, items[^1].State), "the newest item");
        That(items.Count > 1);
        var events = await script.Store.GetHistoryAsync(run, 0, 1_000, script.Token).ConfigureAwait(false);
        That(events.OfType<WorkflowRunEvent.Committed>().Count() == items.Count);
        Same(last.Token.Item, events.OfType<WorkflowRunEvent.Committed>().Last().Item, "the item of the last commit");
        Same(WorkflowRunStatus.Completed, (await script.RunAsync(run).ConfigureAwait(false)).Status);
    }

    private static async Task WorkerHealth_IsThatOfTheWorker_AndTheNewest(StoreScript script)
    {
        for (var number = 1; number <= 3; number++)
        {
            foreach (var name in (string[])["eve", "ada"])
            {
                await script.Store.ReportWorkerAsync(
                    new WorkerHealth
                    {
                        Id = new WorkerId(name),
                        LastHeartbeatUtc = script.NowUtc,
                        State = WorkerState.InProgress,
                        CurrentRun = "r1",
                        CurrentItem = number,
                        StepCount = number,
                    },
                    script.Token).ConfigureAwait(false);
            }

            await script.AdvanceAsync(TimeSpan.FromMilliseconds(10)).ConfigureAwait(false);
        }

        var workers = await script.Store.ListWorkersAsync(script.Token).ConfigureAwait(false);
        SameList([("ada", 3L, WorkerState.InProgress), ("eve", 3L, WorkerState.InProgress)], workers.Select(worker => (worker.Id.Value, worker.CurrentItem, worker.State)));
        SameList([-10.0, -10.0], workers.Select(worker => (worker.LastHeartbeatUtc - script.NowUtc).TotalMilliseconds));
    }
}
