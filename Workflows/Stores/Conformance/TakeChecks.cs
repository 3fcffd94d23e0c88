using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using static OrleansFlow.Workflows.Stores.Conformance.StoreScript;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>How work is handed out.</summary>
internal static class TakeChecks
{
    public static IReadOnlyList<WorkflowStoreCheck> All => WorkflowStoreConformance.ListOf(
        Take_FindsNothing_InAnEmptyStore,
        Take_GivesEachItemOnce,
        Take_GivesTheOldestItemOfARunFirst,
        Take_GoesRoundTheRuns,
        Take_WaitsUntilWorkIsPushed,
        Take_EndsItsWait_WhenItsTimeIsUp,
        Take_ByManyAtOnce_GivesEachItemToOne,
        Take_OfOtherWorkflowsAndVersions_LeavesTheItem,
        Take_WithARole_GivesItsItemsAndThoseWithout,
        Take_UnderAKeyThatIsFull_LeavesTheItem_UntilThereIsRoom,
        Lease_SaysWhoHasItAndUntilWhen);

    private static Task Take_FindsNothing_InAnEmptyStore(StoreScript script) => script.TakeNothingAsync();

    private static async Task Take_GivesEachItemOnce(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);

        Same(1L, (await script.TakeAsync().ConfigureAwait(false)).Token.Item);
        await script.TakeNothingAsync().ConfigureAwait(false);
    }

    private static async Task Take_GivesTheOldestItemOfARunFirst(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Split).ConfigureAwait(false);
        var first = await script.TakeAsync().ConfigureAwait(false);
        Accepted(await script.NextAsync(first, "work", "work", "work").ConfigureAwait(false));

        var taken = new List<long>();
        for (var index = 0; index < 3; index++)
        {
            taken.Add((await script.TakeAsync().ConfigureAwait(false)).Token.Item);
        }

        SameList([2, 3, 4], taken);
    }

    private static async Task Take_GoesRoundTheRuns(StoreScript script)
    {
        var firsts = new List<WorkLease>();
        foreach (var id in (string[])["r1", "r2", "r3"])
        {
            await script.StartAsync(CheckWorkflows.Split, id).ConfigureAwait(false);
            firsts.Add(await script.TakeAsync().ConfigureAwait(false));
        }

        foreach (var first in firsts)
        {
            Accepted(await script.NextAsync(first, "work", "work", "work").ConfigureAwait(false));
        }

        for (var round = 0; round < 3; round++)
        {
            var runs = new HashSet<RunId>();
            for (var index = 0; index < 3; index++)
            {
                runs.Add((await script.TakeAsync().ConfigureAwait(false)).Token.Run);
            }

            Same(3, runs.Count, $"the number of runs that were served in round {round}");
        }
    }

    private static async Task Take_WaitsUntilWorkIsPushed(StoreScript script)
    {
        var taking = script.TakeAsync();
        That(!taking.IsCompleted);
        await script.StartAsync(CheckWorkflows.Split).ConfigureAwait(false);
        var first = await taking.ConfigureAwait(false);

        // Of a commit as well as of a start.
        var (left, right) = (script.TakeAsync(), script.TakeAsync());
        Accepted(await script.NextAsync(first, "work", "work").ConfigureAwait(false));
        var items = await Task.WhenAll(left, right).ConfigureAwait(false);
        SameList([2, 3], items.Select(lease => lease.Token.Item).Order());
    }

    private static async Task Take_EndsItsWait_WhenItsTimeIsUp(StoreScript script)
    {
        var taking = script.Store.TakeAsync(Anybody, TimeSpan.FromSeconds(5), script.Token).AsTask();
        That(!taking.IsCompleted);
        while (!taking.IsCompleted)
        {
            // As often as it takes until the store has begun to wait.
            await script.AdvanceAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
            await Task.Yield();
            script.Token.ThrowIfCancellationRequested();
        }

        Same(null, await taking.ConfigureAwait(false));
    }

    private static async Task Take_ByManyAtOnce_GivesEachItemToOne(StoreScript script)
    {
        const int Count = 40;
        await script.StartAsync(CheckWorkflows.Split).ConfigureAwait(false);
        var first = await script.TakeAsync().ConfigureAwait(false);
        var takers = Enumerable.Range(0, Count).Select(_ => Task.Run(() => script.TakeAsync())).ToList();
        Accepted(await script.NextAsync(first, [.. Enumerable.Repeat("work", Count)]).ConfigureAwait(false));

        var leases = await Task.WhenAll(takers).ConfigureAwait(false);
        SameList(Enumerable.Range(2, Count).Select(id => (long)id), leases.Select(lease => lease.Token.Item).Order());
        SameList(Enumerable.Range(0, Count), leases.Select(lease => lease.Item.Lane).Order());
        await Task.WhenAll(leases.Select(lease => script.EndAsync(lease))).ConfigureAwait(false);
        Same(WorkflowRunStatus.Completed, (await script.RunAsync(first.Token.Run).ConfigureAwait(false)).Status);
    }

    private static async Task Take_OfOtherWorkflowsAndVersions_LeavesTheItem(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.SecondVersion).ConfigureAwait(false);
        await script.TakeNothingAsync(Anybody with { Workflows = [new("chain", 1), new("single", 2)] }).ConfigureAwait(false);

        var lease = await script.TakeAsync(Anybody with { Workflows = [new("chain", 1), new("chain", 2)] }).ConfigureAwait(false);
        Same(run, lease.Token.Run);
        Same(CheckWorkflows.SecondVersion.Hash, lease.Workflow.Hash);
    }

    private static async Task Take_WithARole_GivesItsItemsAndThoseWithout(StoreScript script)
    {
        var (cpu, gpu) = (Anybody with { Roles = ["cpu"] }, Anybody with { Roles = ["gpu"] });
        await script.StartAsync(CheckWorkflows.WithRole).ConfigureAwait(false);
        Accepted(await script.NextAsync(await script.TakeAsync(cpu).ConfigureAwait(false), "special").ConfigureAwait(false));

        await script.TakeNothingAsync(cpu).ConfigureAwait(false);
        Same("special", NodeOf(await script.TakeAsync(gpu).ConfigureAwait(false)));
    }

    private static async Task Take_UnderAKeyThatIsFull_LeavesTheItem_UntilThereIsRoom(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.WithKey).ConfigureAwait(false);
        Accepted(await script.NextAsync(await script.TakeAsync().ConfigureAwait(false), "work", "work", "work", "work", "work").ConfigureAwait(false));
        var (one, two) = (await script.TakeAsync().ConfigureAwait(false), await script.TakeAsync().ConfigureAwait(false));
        await script.TakeNothingAsync().ConfigureAwait(false);
        var taking = script.TakeAsync();
        Accepted(await script.EndAsync(one).ConfigureAwait(false));
        await taking.ConfigureAwait(false);
        await script.TakeNothingAsync().ConfigureAwait(false);

        // A lease that is given back, a failed attempt and a run that ends leave room as well, and it is one room for all runs.
        Accepted(await script.Store.ReleaseStepAsync(two.Token, script.Token).ConfigureAwait(false));
        var again = await script.TakeAsync().ConfigureAwait(false);
        await script.TakeNothingAsync().ConfigureAwait(false);
        Accepted(await script.FailAsync(again).ConfigureAwait(false));
        await script.TakeAsync().ConfigureAwait(false);
        var other = await script.StartAsync(CheckWorkflows.WithKey).ConfigureAwait(false);
        var split = await script.TakeAsync().ConfigureAwait(false);
        Same((other, "split"), (split.Token.Run, NodeOf(split)));
        Accepted(await script.NextAsync(split, "work").ConfigureAwait(false));
        await script.TakeNothingAsync().ConfigureAwait(false);
        await script.SteerAsync(run, RunSteering.Cancel).ConfigureAwait(false);
        Same(other, (await script.TakeAsync().ConfigureAwait(false)).Token.Run);
    }

    private static async Task Lease_SaysWhoHasItAndUntilWhen(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);
        var lease = await script.TakeAsync(Anybody with { Worker = new WorkerId("ada"), Session = "s7" }).ConfigureAwait(false);

        Same(script.NowUtc + script.LeaseDuration, lease.ExpiresUtc);
        Same(("ada", "s7", 1), (lease.Item.Worker, lease.Item.Session, lease.Item.Attempts));
        var item = (await script.ItemsAsync(run, open: true).ConfigureAwait(false)).Single();
        Same(("ada", WorkItemState.InProgress), (item.Worker, item.State));
    }
}
