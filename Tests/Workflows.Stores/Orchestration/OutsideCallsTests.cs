using OrleansFlow.Errors;
using OrleansFlow.Tests.Workflows.Stores.Workers;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Orchestration;

namespace OrleansFlow.Tests.Workflows.Stores.Orchestration;

/// <summary>Goal: what can be asked of a run on a cluster can be asked of one in a store: queries, updates, reset, migration, with the user's types.</summary>
public sealed class OutsideCallsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task QueryAndUpdate_OfARunThatWaits_SeeAndChangeItsContext()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = Counting();
        var worker = bench.Worker(flow);
        var run = await bench.StartAsync(flow);
        await WorkerBench.RunAllAsync(worker);
        var orchestrator = bench.Orchestrator.Answering(flow);
        Assert.Equal(0, await orchestrator.QueryAsync<int, long>(run, "count", 0, cancellationToken: Token));

        var update = orchestrator.UpdateAsync<int, long>(run, "add", 5, "u1", cancellationToken: Token).AsTask();
        await WorkerBench.RunAllAsync(worker);

        Assert.Equal(5, await update);
        Assert.Equal(5, await orchestrator.UpdateAsync<int, long>(run, "add", 5, "u1", cancellationToken: Token));
        Assert.Equal(5, await orchestrator.QueryAsync<int, long>(run, "count", 0, cancellationToken: Token));
        var refused = orchestrator.UpdateAsync<int, long>(run, "add", -1, cancellationToken: Token).AsTask();
        await WorkerBench.RunAllAsync(worker);
        Assert.Contains("at least one", (await Assert.ThrowsAsync<FlowException>(() => refused)).Message, StringComparison.Ordinal);
        Assert.Equal(5, await orchestrator.QueryAsync<int, long>(run, "count", 0, cancellationToken: Token));
    }

    [Fact(Timeout = 60_000)]
    public async Task Query_OfADefinitionThatWasNotGiven_SaysHowToGiveIt_AndOfAnUnknownNameWhatThereIs()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var run = await bench.StartAsync(Counting());

        var unknown = await Assert.ThrowsAsync<FlowException>(async () => await bench.Orchestrator.QueryAsync(run, "count", default, Token));
        Assert.Equal(FlowErrorCode.UnknownDefinition, unknown.Code);
        Assert.Contains("Answering", unknown.Message, StringComparison.Ordinal);
        var missing = await Assert.ThrowsAsync<FlowException>(async () => await bench.Orchestrator.Answering(Counting()).QueryAsync(run, "other", default, Token));
        Assert.Equal(FlowErrorCode.NotFound, missing.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Update_ThatNobodyAnswers_EndsWithItsRun()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var run = await bench.StartAsync(Counting());
        var update = bench.Orchestrator.UpdateAsync<int, long>(run, "add", 5, cancellationToken: Token).AsTask();

        await bench.Orchestrator.CancelAsync(run, "enough", Token);

        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => update)).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Reset_RunsAStepOnceMore_OnTheContextThatItSaw()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.Chain(3);
        var worker = bench.Worker(flow);
        var run = await bench.StartAsync(flow);
        await worker.RunOnceAsync(Token);
        await worker.RunOnceAsync(Token);

        await bench.Orchestrator.ResetAsync(run, 2, Token);
        Assert.Equal(1, (await bench.Orchestrator.ContextAsync(flow, run, cancellationToken: Token)).Value);
        await WorkerBench.RunAllAsync(worker);

        Assert.Equal(4, await bench.Orchestrator.WaitForOutputAsync(flow, run, cancellationToken: Token));
        Assert.Equal(3, (await bench.Orchestrator.ContextAsync(flow, run, cancellationToken: Token)).Value);
    }

    [Fact(Timeout = 60_000)]
    public async Task Migrate_ByTheRulesOfTheNewVersion_LetsItsWorkersFinishTheRun()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var (old, renewed) = (Moving(1, "add"), Moving(2, "plus", flow => flow.MigrateFrom(1, rules => rules.Rename("add", "plus"))));
        var run = await bench.StartAsync(old, 20);

        Assert.Equal(2, (await bench.Orchestrator.MigrateAsync(renewed, run, cancellationToken: Token)).Workflow.Version);
        Assert.Empty(await WorkerBench.RunAllAsync(bench.Worker(old, "old")));
        await WorkerBench.RunAllAsync(bench.Worker(renewed, "new"));

        Assert.Equal(21, await bench.Orchestrator.WaitForOutputAsync(renewed, run, cancellationToken: Token));
        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(async () => await bench.Orchestrator.MigrateAsync(renewed, run, cancellationToken: Token))).Code);
    }

    private static WorkflowDefinition<int, int, GrowCounter> Counting()
    {
        var flow = new Workflow<GrowCounter>("counting");
        flow.Query("count", context => context.Value);
        flow.Update<int, long>("add", (items, _) => items > 0 ? null : "add at least one", (items, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer, items);
            return scope.Context.Value;
        });
        return flow.Start(flow.Node<int, int>("wait", (value, scope) => scope.TryGetSignal<int>(out var sum) ? value + sum : Transition.WaitForSignal<int>("go")).End()).Build<int, int>();
    }

    private static WorkflowDefinition<int, int, GrowCounter> Moving(int version, string name, Action<Workflow<GrowCounter>>? configure = null)
    {
        var flow = new Workflow<GrowCounter>("moving", version);
        configure?.Invoke(flow);
        return flow.Start(flow.Node<int, int>(name, (value, _) => value + 1).End()).Build<int, int>();
    }
}
