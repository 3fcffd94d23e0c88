using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Tests.Workflows.Local;

/// <summary>
/// Goal: nodes that answer with a named action are routed as workflows of old did it. An action is a closed type; its exact edge is an arm, its default
/// an Otherwise, and a missing route is found when the workflow is built.
/// </summary>
public sealed class ActionRoutingTests : LocalRunTestBase
{
    [Theory]
    [InlineData("next", "next")]
    [InlineData("error", "error")]
    [InlineData("archive", "archive")]
    [InlineData("unheard-of", "default")]
    public async Task Action_TakesItsExactEdge_ElseTheDefaultRoute(string action, string route)
    {
        Flow.Start(Decide().Branch(arms => arms
            .When(Route<Act.Go>("next"))
            .When(Route<Act.Fail>("error"))
            .When(Route<Act.Custom>("archive"), custom => custom.Name == "archive")
            .Otherwise(Route<Act>("default"))));

        Assert.Equal(route, (await RunAsync<string, string>(action)).Output);
    }

    [Fact]
    public void ActionWithoutARoute_IsFoundWhenTheWorkflowIsBuilt()
    {
        Flow.Start(Decide().Branch(arms => arms.When(Route<Act.Go>("next")).When(Route<Act.Custom>("archive"), custom => custom.Name == "archive")));

        var problem = Assert.Single(Flow.Validate<string, string>());

        Assert.Equal("branch_not_covering", problem.Code);
        Assert.Contains("no arm for Custom, Fail", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ActionThatEndsTheRun_IsItsOutput_AndASkippedOneHolds()
    {
        Flow.Start(Flow.Node<string, string>("decide", (action, _) => action == "skip" ? Transition.Hold<string>() : action).Branch(arms => arms.OtherwiseEnd()));

        Assert.Equal("stop", (await RunAsync<string, string>("stop")).Output);
        Assert.Equal(FlowErrorCode.NoTerminalOutput, (await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<string, string>("skip"))).Code);
    }

    [Theory]
    [InlineData(Colour.Green, "green")]
    [InlineData(Colour.Red, "other")]
    public async Task ActionOfAnEnum_IsRoutedByConditions_WithADefault(Colour colour, string route)
    {
        var green = Flow.Node<Colour, string>("green", (_, scope) => scope.Node).End();
        var other = Flow.Node<Colour, string>("other", (_, scope) => scope.Node).End();
        Flow.Start(Flow.Node<Colour, Colour>("decide", (value, _) => value).Branch(arms => arms.When(value => value == Colour.Green, green, "green").Otherwise(other)));

        Assert.Equal(route, (await RunAsync<Colour, string>(colour)).Output);
    }

    public enum Colour
    {
        Red,
        Green,
    }

    public abstract record Act
    {
        public sealed record Go : Act;

        public sealed record Fail : Act;

        public sealed record Custom(string Name) : Act;
    }

    private WorkflowNode<string, Act, OrleansFlow.Workflows.Contexts.GrowCounter> Decide() => Flow.Node<string, Act>("decide", (action, _) => action switch
    {
        "next" => new Act.Go(),
        "error" => new Act.Fail(),
        _ => new Act.Custom(action),
    });

    private WorkflowNode<T, string, OrleansFlow.Workflows.Contexts.GrowCounter> Route<T>(string name) => Flow.Node<T, string>(name, (_, scope) => scope.Node).End();
}
