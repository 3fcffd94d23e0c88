using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Nodes;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Execution;

/// <summary>Goal: what travels to a worker reaches the node, the query or the update that it is for.</summary>
public sealed class WorkflowStepsTests
{
    private static readonly ManualTimeProvider Time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Step_KnowsItsRunAndItem_AndGetsItsNodeFromTheServices()
    {
        var steps = Define().ToSteps();
        var services = new ServiceCollection().AddTransient<Namer>().BuildServiceProvider();
        await using var _ = services;

        var task = StepTaskJson.Read(StepTaskJson.Write(new StepTask { Item = 41, Input = Payload.FromJson("7"), HasSnapshot = true }).Utf8);
        var outcome = await steps.RunAsync("run-1", 2, task, Time, services, Token);

        Assert.True(steps.NeedsServices);
        Assert.Equal("\"7 of run-1/41, attempt 2\"", outcome.Outputs.Single().ToString());
    }

    [Fact]
    public async Task Query_AnswersFromTheContextThatIsSent()
    {
        var outcome = await Define().ToSteps().RunAsync("r", 1, Ask(StepTaskKind.Query, "value", "null"), Time, null, Token);

        Assert.Equal("3", outcome.Result.ToString());
        Assert.True(outcome.Delta.IsDefault);
    }

    [Fact]
    public async Task Update_ChangesTheContextAndAnswers_OrIsRefused()
    {
        var steps = Define().ToSteps();

        var outcome = await steps.RunAsync("r", 1, Ask(StepTaskKind.Update, "add", "4"), Time, null, Token);

        Assert.Equal("7", outcome.Result.ToString());
        Assert.False(outcome.Delta.IsDefault);
        await Assert.ThrowsAsync<FlowException>(async () => await steps.RunAsync("r", 1, Ask(StepTaskKind.Update, "add", "-4"), Time, null, Token));
        await Assert.ThrowsAsync<FlowException>(async () => await steps.RunAsync("r", 1, Ask(StepTaskKind.Query, "add", "4"), Time, null, Token));
    }

    [Fact]
    public void Services_AreNeededByNodeClasses_ByNodesThatLog_AndByThoseThatSaySo_AlsoInside()
    {
        Assert.False(Needs(flow => flow.Node<int, int>("plain", (value, _) => value)));
        Assert.True(Needs(flow => flow.Node<int, int>("plain", (value, _) => value).UsesServices()));
        Assert.True(Needs(flow => flow.Watch<int, int, int>("watch", (_, _, _) => AsyncEnumerable.Empty<int>(), (_, change, _, _) => new(change))));

        var inner = new Workflow<GrowCounter>("inner");
        inner.Start(inner.Node<Namer, int, string>("name").End());
        var outer = new Workflow<GrowCounter>("outer");
        outer.Start(outer.Nested("nested", inner.Build<int, string>()).End());
        Assert.True(outer.Build<int, string>().ToSteps().NeedsServices);

        static bool Needs(Func<Workflow<GrowCounter>, WorkflowNode<int, int, GrowCounter>> node)
        {
            var flow = new Workflow<GrowCounter>("flow");
            return flow.Start(node(flow).End()).Build<int, int>().ToSteps().NeedsServices;
        }
    }

    [Fact]
    public void FailuresThatCannotBeMended_SayWhatTheyWere()
    {
        var late = new NonRetryableException("too late", new TimeoutException());
        var phase = new NodePhaseException(NodePhase.Execute, new FlowException(FlowErrorCode.StoreUnavailable, "down"));

        Assert.Equal((FlowErrorCode.DeadlineExceeded, true), (StepFailures.CodeOf(late), StepFailures.IsPermanent(late)));
        Assert.Equal((FlowErrorCode.StoreUnavailable, false), (StepFailures.CodeOf(phase), StepFailures.IsPermanent(phase)));
        Assert.Equal((FlowErrorCode.UnexpectedError, true), (StepFailures.CodeOf(new NonRetryableException("no")), StepFailures.IsPermanent(new NonRetryableException("no"))));
    }

    private static StepTask Ask(StepTaskKind kind, string name, string argument) => StepTaskJson.Read(StepTaskJson.Write(new StepTask
    {
        Kind = kind,
        Item = kind == StepTaskKind.Query ? 0 : 1,
        Name = name,
        Input = Payload.FromJson(argument),
        HasSnapshot = true,
        Snapshot = new Payload(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(GrowCounter.Empty.Add(new WriterId("w"), 3))),
    }).Utf8);

    private static WorkflowDefinition<int, string, GrowCounter> Define()
    {
        var flow = new Workflow<GrowCounter>("named")
            .Query("value", context => context.Value)
            .Update<int, long>("add", (value, _) => value > 0 ? null : "not more", (value, scope) => (scope.Context = scope.Context.Add(scope.Writer, value)).Value);
        flow.Start(flow.Node<Namer, int, string>("name").End());
        return flow.Build<int, string>();
    }

    private sealed class Namer : INode<int, string, GrowCounter>
    {
        public ValueTask<Transition<string>> RunAsync(int input, NodeScope<GrowCounter> scope, CancellationToken cancellationToken) =>
            new($"{input} of {scope.RunId}/{scope.Item}, attempt {scope.Attempt}");
    }
}
