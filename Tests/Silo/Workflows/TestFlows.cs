using System.Collections.Concurrent;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Tests.Silo.Workflows;

/// <summary>The workflows that the tests' workers serve.</summary>
internal static class TestFlows
{
    /// <summary>Adds one, counts it, doubles.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Chain { get; } = MakeChain("chain");

    /// <summary>The same under a name that no worker announces at its start; a client registers it.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Unserved { get; } = MakeChain("unserved");

    /// <summary>Waits for the signal <c>approve</c> with the name of who approves.</summary>
    public static WorkflowDefinition<string, string, GrowCounter> Approval { get; } = MakeApproval();

    /// <summary>Always fails, at once.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Broken { get; } = MakeBroken();

    /// <summary>Gives three outputs.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Several { get; } = MakeSeveral();

    /// <summary>Sleeps for so many milliseconds.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Sleeper { get; } = MakeSleeper();

    /// <summary>As <see cref="Chain"/>, and nobody serves it.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> MovingOld { get; } = MakeMoving(1, "add");

    /// <summary>Its next version, which calls its first node otherwise.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> MovingNew { get; } = MakeMoving(2, "plus", flow => flow.MigrateFrom(1, rules => rules.Rename("add", "plus")));

    /// <summary>One that says nothing of that node.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> MovingAway { get; } = MakeMoving(7, "plus", flow => flow.MigrateFrom(1, _ => { }));

    /// <summary>Adds its input, waits for the signal <c>pay</c>, and tells the sum and who paid. Query <c>total</c> and <c>above</c>, update <c>add</c>.</summary>
    public static WorkflowDefinition<int, string, GrowCounter> Basket { get; } = MakeBasket();

    /// <summary>A step that lasts until it is told to stop.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Endless { get; } = MakeEndless();

    /// <summary>How often the first step of a basket was done, by run.</summary>
    public static ConcurrentDictionary<string, int> Priced { get; } = new();

    public static void AddTo(WorkerBuilder worker) =>
        worker.AddWorkflow(MovingNew).AddWorkflow(Chain).AddWorkflow(Approval).AddWorkflow(Broken).AddWorkflow(Several).AddWorkflow(Sleeper).AddWorkflow(Basket).AddWorkflow(Endless);

    private static WorkflowDefinition<int, int, GrowCounter> MakeChain(string name)
    {
        var flow = new Workflow<GrowCounter>(name);
        var add = flow.Node<int, int>("add", (value, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer, 1);
            return value + 1;
        });
        var twice = flow.Node<int, int>("twice", (value, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer, 10);
            return value * 2;
        }).End();
        add.To(twice);
        return flow.Start(add).Build<int, int>();
    }

    /// <summary>Waits, and answers the query <c>count</c> and the update <c>add</c>; no worker with a session serves it.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Asked { get; } = MakeAsked();

    private static WorkflowDefinition<int, int, GrowCounter> MakeAsked()
    {
        var flow = new Workflow<GrowCounter>("asked");
        flow.Query("count", context => context.Value);
        flow.Update<int, long>("add", null, (items, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer, items);
            return scope.Context.Value;
        });
        return flow.Start(flow.Node<int, int>("wait", (_, _) => Transition.WaitForSignal<int>("never")).End()).Build<int, int>();
    }

    private static WorkflowDefinition<int, int, GrowCounter> MakeMoving(int version, string first, Action<Workflow<GrowCounter>>? configure = null)
    {
        var flow = new Workflow<GrowCounter>("moving", version);
        configure?.Invoke(flow);
        return flow.Start(flow.Node<int, int>(first, (value, _) => value + 1).To(flow.Node<int, int>("twice", (value, _) => value * 2).End())).Build<int, int>();
    }

    private static WorkflowDefinition<string, string, GrowCounter> MakeApproval()
    {
        var flow = new Workflow<GrowCounter>("approval");
        var wait = flow.Node<string, string>(
            "wait", (what, scope) => scope.TryGetSignal<string>(out var who) ? $"{what} by {who}" : Transition.WaitForSignal<string>("approve")).End();
        return flow.Start(wait).Build<string, string>();
    }

    private static WorkflowDefinition<int, int, GrowCounter> MakeBroken()
    {
        var flow = new Workflow<GrowCounter>("broken");
        var fail = flow.Node<int, int>("fail", (int _, NodeScope<GrowCounter> _) => throw new InvalidOperationException("it is broken")).Retry(StepRetryPolicy.Never).End();
        return flow.Start(fail).Build<int, int>();
    }

    private static WorkflowDefinition<int, int, GrowCounter> MakeSeveral()
    {
        var flow = new Workflow<GrowCounter>("several");
        var give = flow.Split<int, int>("give", value => [value, value + 1, value + 2]);
        var end = flow.Node<int, int>("end", (value, _) => value).End();
        give.To(end);
        return flow.Start(give).Output(OutputRule.List).Build<int, int>();
    }

    private static WorkflowDefinition<int, string, GrowCounter> MakeBasket()
    {
        var flow = new Workflow<GrowCounter>("basket")
            .Query("total", context => context.Value)
            .Query<long, bool>("above", (limit, context) => context.Value > limit)
            .Update<int, long>("add", (price, _) => price > 0 ? null : "a price is more than 0", (price, scope) =>
            {
                scope.Context = scope.Context.Add(scope.Writer, price);
                return scope.Context.Value;
            });
        var price = flow.Node<int, int>("price", (value, scope) =>
        {
            Priced.AddOrUpdate(scope.RunId, 1, (_, times) => times + 1);
            scope.Context = scope.Context.Add(scope.Writer, value);
            return value;
        });
        var pay = flow.Node<int, string>(
            "pay", (_, scope) => scope.TryGetSignal<string>(out var who) ? $"{scope.Context.Value} by {who}" : Transition.WaitForSignal<string>("pay")).End();
        price.To(pay);
        return flow.Start(price).Build<int, string>();
    }

    private static WorkflowDefinition<int, int, GrowCounter> MakeEndless()
    {
        var flow = new Workflow<GrowCounter>("endless");
        var work = flow.Node<int, int>("work", async (value, _, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return value;
        }).End();
        return flow.Start(work).Build<int, int>();
    }

    private static WorkflowDefinition<int, int, GrowCounter> MakeSleeper()
    {
        var flow = new Workflow<GrowCounter>("sleeper");
        var sleep = flow.Node<int, int>("sleep", (milliseconds, _) => Transition.Sleep(TimeSpan.FromMilliseconds(milliseconds), milliseconds)).End();
        return flow.Start(sleep).Build<int, int>();
    }
}
