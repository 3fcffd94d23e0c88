using OrleansFlow.Errors;
using OrleansFlow.Tests.Workflows.Local;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Nodes;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Tests.Workflows.Nodes;

/// <summary>Goal: nodes of three phases run them in order; one that fails is named and stops the later ones.</summary>
public class PhaseNodeTests : LocalRunTestBase
{
    [Fact]
    public async Task Transform_PreparesExecutesAndPosts()
    {
        Flow.Start(Transform(failing: null).End());

        Assert.Equal("<<7!>>", (await RunAsync<int, string>(7)).Output);
        Assert.Equal(["prepare", "execute", "post"], Steps);
    }

    [Theory]
    [InlineData("prepare", NodePhase.Prepare, 1)]
    [InlineData("execute", NodePhase.Execute, 2)]
    [InlineData("post", NodePhase.Post, 3)]
    public async Task TransformPhaseThatFails_IsNamed_AndStopsTheLaterOnes(string failing, NodePhase phase, int calls)
    {
        Flow.Start(Transform(failing).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, string>(7));

        Assert.Equal(IsDurable ? null : phase, (thrown.InnerException as NodePhaseException)?.Phase);
        Assert.Equal($"Node 'transform' failed once: {phase} failed: {failing} is broken", thrown.Message);
        Assert.Equal(calls, Steps.Count);
    }

    [Fact]
    public async Task Lifecycle_ReadsTheContext_Works_AndThenChangesItAndChoosesTheAction()
    {
        var large = Log<int>("large").End();
        var count = Flow.Lifecycle<int, long, long, int>(
            "count",
            (input, scope, _) => new(scope.Context.Value + input),
            (prepared, _) => new(prepared * 2),
            (prepared, result, scope, _) =>
            {
                scope.Context = scope.Context.Add(scope.Writer, result);
                return new((int)(prepared + result));
            });
        Flow.Start(count.Branch(arms => arms.When(value => value > 10, large).Otherwise(count)));

        var result = await RunAsync<int, int>(3);

        Assert.Equal((45, 36L), (result.Output, result.Context.Value));
        Assert.Equal(["large 45"], Steps);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    public async Task LifecyclePhaseThatFails_StopsTheLaterOnes_AndLeavesNoTrace(int phase, int calls)
    {
        Flow.Start(Flow.Lifecycle<int, int, int, int>(
            "count",
            (input, scope, _) =>
            {
                scope.Context = scope.Context.Add(scope.Writer);
                return phase == 1 ? throw new InvalidOperationException("no") : new(input);
            },
            (prepared, _) =>
            {
                Steps.Add("execute");
                return phase == 2 ? throw new TimeoutException("slow") : new(prepared);
            },
            (_, result, _, _) =>
            {
                Steps.Add("post");
                return new(result);
            }).OnFailure(Flow.Node<NodeFailure<int>, int>("rescue", (failure, scope) =>
            {
                Assert.Equal(GrowCounter.Empty, scope.Context);
                return failure.Input;
            }).End()));

        Assert.Equal(3, (await RunAsync<int, int>(3)).Output);
        Assert.Equal(calls, Steps.Count);
    }

    [Fact]
    public async Task WhetherAFailedPhaseIsRepeated_IsDecidedByWhatItThrew()
    {
        var policy = new StepRetryPolicy { RetryOn = FailureKinds.Timeout, InitialBackoff = TimeSpan.Zero };
        Flow.Start(Flow.Transform<int, int, int, int>(
            "transform", (input, _) => new(input), (input, _) => Steps.Count switch { 0 => Throw(new TimeoutException()), 1 => Throw(new InvalidOperationException("no")), _ => new(input) }, (input, _) => new(input)).Retry(policy).End());

        await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, int>(3));

        Assert.Equal(2, Steps.Count);

        ValueTask<int> Throw(Exception error)
        {
            Steps.Add(error.Message);
            throw error;
        }
    }

    private WorkflowNode<int, string, GrowCounter> Transform(string? failing)
    {
        return Flow.Transform<int, string, string, string>(
            "transform",
            (input, _) => Phase("prepare", $"{input}"),
            (prepared, _) => Phase("execute", $"{prepared}!"),
            (result, _) => Phase("post", $"<<{result}>>"));

        ValueTask<string> Phase(string name, string value)
        {
            Steps.Add(name);
            return name == failing ? throw new InvalidOperationException($"{name} is broken") : new(value);
        }
    }
}
