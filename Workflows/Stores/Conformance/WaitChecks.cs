using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;
using static OrleansFlow.Workflows.Stores.Conformance.StoreScript;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>Signals, sleeps, deadlines, children, and waiting for a run.</summary>
internal static class WaitChecks
{
    public static IReadOnlyList<WorkflowStoreCheck> All => WorkflowStoreConformance.ListOf(
        Sleep_EndsAtItsTime,
        Sleep_OfDays_EndsAtItsTime,
        Signal_WakesTheItemThatWaitsForIt,
        Signal_ThatComesFirst_IsKept,
        Signal_WithAnId_CountsOnce,
        Deadline_EndsTheRun,
        AwaitedChild_GivesItsOutputToItsParent,
        WaitForCompletion_IsPushed,
        WaitForCompletion_OfAnUnknownRun_SaysSo);

    private static async Task Sleep_EndsAtItsTime(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lease = await script.TakeAsync().ConfigureAwait(false);
        Accepted(await script.CommitAsync(lease, Outcome(lease, "b") with { DueUtc = script.NowUtc + TimeSpan.FromSeconds(90) }).ConfigureAwait(false));
        var taking = script.TakeAsync();

        await script.AdvanceAsync(TimeSpan.FromSeconds(89)).ConfigureAwait(false);
        await script.TakeNothingAsync().ConfigureAwait(false);
        await script.AdvanceAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);

        Same("b", NodeOf(await taking.ConfigureAwait(false)));
    }

    private static async Task Sleep_OfDays_EndsAtItsTime(StoreScript script)
    {
        await script.StartAsync(CheckWorkflows.Chain).ConfigureAwait(false);
        var lease = await script.TakeAsync().ConfigureAwait(false);
        Accepted(await script.CommitAsync(lease, Outcome(lease, "b") with { DueUtc = script.NowUtc + TimeSpan.FromDays(3) }).ConfigureAwait(false));

        await script.AdvanceAsync(TimeSpan.FromDays(3) - TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        await script.TakeNothingAsync().ConfigureAwait(false);
        await script.AdvanceAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);

        Same("b", NodeOf(await script.TakeAsync().ConfigureAwait(false)));
    }

    private static async Task Signal_WakesTheItemThatWaitsForIt(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);
        Accepted(await script.CommitAsync(await script.TakeAsync().ConfigureAwait(false), new StepOutcome { Signal = "go" }).ConfigureAwait(false));
        await script.TakeNothingAsync().ConfigureAwait(false);
        var taking = script.TakeAsync();

        await script.Store.SignalAsync(run, "other", default, null, script.Token).ConfigureAwait(false);
        await script.Store.SignalAsync(run, "go", Payload.FromJson("7"), null, script.Token).ConfigureAwait(false);

        var item = (await taking.ConfigureAwait(false)).Item;
        Same((true, "go", "7"), (item.HasSignal, item.Signal, item.SignalPayload.ToString()));
    }

    private static async Task Signal_ThatComesFirst_IsKept(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);
        await script.Store.SignalAsync(run, "go", Payload.FromJson("7"), null, script.Token).ConfigureAwait(false);
        Accepted(await script.CommitAsync(await script.TakeAsync().ConfigureAwait(false), new StepOutcome { Signal = "go" }).ConfigureAwait(false));

        Same("7", (await script.TakeAsync().ConfigureAwait(false)).Item.SignalPayload.ToString());
    }

    private static async Task Signal_WithAnId_CountsOnce(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);
        for (var sent = 0; sent < 3; sent++)
        {
            await script.Store.SignalAsync(run, "go", Payload.FromJson("7"), "id 1", script.Token).ConfigureAwait(false);
        }

        Accepted(await script.CommitAsync(await script.TakeAsync().ConfigureAwait(false), new StepOutcome { Signal = "go" }).ConfigureAwait(false));
        Accepted(await script.CommitAsync(await script.TakeAsync().ConfigureAwait(false), new StepOutcome { Signal = "go" }).ConfigureAwait(false));
        await script.TakeNothingAsync().ConfigureAwait(false);
    }

    private static async Task Deadline_EndsTheRun(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Chain, deadlineUtc: script.NowUtc + TimeSpan.FromSeconds(3)).ConfigureAwait(false);
        var lease = await script.TakeAsync().ConfigureAwait(false);
        var ending = script.Store.WaitForCompletionAsync(run, script.Token).AsTask();
        await script.AdvanceAsync(TimeSpan.FromSeconds(3)).ConfigureAwait(false);

        var ended = await ending.ConfigureAwait(false);
        Same((WorkflowRunStatus.Failed, FlowErrorCode.DeadlineExceeded), (ended.Status, ended.FailureCode));
        That(!await script.Store.RenewAsync(lease.Token, script.Token).ConfigureAwait(false));
    }

    private static async Task AwaitedChild_GivesItsOutputToItsParent(StoreScript script)
    {
        await script.Store.RegisterAsync(CheckWorkflows.Single, script.Token).ConfigureAwait(false);
        var parent = await script.StartAsync(CheckWorkflows.Chain, id: "parent").ConfigureAwait(false);
        var order = new ChildOrder { Id = "child", Workflow = "single", Input = Payload.FromJson("5"), Await = true };
        Accepted(await script.CommitAsync(await script.TakeAsync().ConfigureAwait(false), new StepOutcome { Children = [order] }).ConfigureAwait(false));

        var child = await script.TakeAsync().ConfigureAwait(false);
        Same(("child", "5"), (child.Token.Run.Value, child.Item.Input.ToString()));
        Same("parent", (await script.RunAsync(child.Token.Run).ConfigureAwait(false)).ParentRun);
        Accepted(await script.EndAsync(child, "55").ConfigureAwait(false));

        var again = await script.TakeAsync().ConfigureAwait(false);
        Same((parent, "a"), (again.Token.Run, NodeOf(again)));
        Same("55", again.Item.Children.Single().Output.ToString());
    }

    private static async Task WaitForCompletion_IsPushed(StoreScript script)
    {
        var run = await script.StartAsync(CheckWorkflows.Single).ConfigureAwait(false);
        var waiting = script.Store.WaitForCompletionAsync(run, script.Token).AsTask();
        var lease = await script.TakeAsync().ConfigureAwait(false);
        That(!waiting.IsCompleted);
        Accepted(await script.EndAsync(lease, "9").ConfigureAwait(false));

        SameList(["9"], (await waiting.ConfigureAwait(false)).Outputs.Select(output => output.ToString()));
        Same(WorkflowRunStatus.Completed, (await script.Store.WaitForCompletionAsync(run, script.Token).ConfigureAwait(false)).Status);
    }

    private static Task WaitForCompletion_OfAnUnknownRun_SaysSo(StoreScript script) =>
        FailsAsync(FlowErrorCode.NotFound, async () => await script.Store.WaitForCompletionAsync(new("nobody"), script.Token).ConfigureAwait(false));
}
