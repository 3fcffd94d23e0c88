using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Workflows.Local;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;

namespace OrleansFlow.Tests.Workflows.Nodes;

/// <summary>Goal: a node class gets what it needs from the services, and where it cannot the error says what to register.</summary>
public class ServiceNodeTests : LocalRunTestBase
{
    [Fact]
    public async Task NodeClass_IsMadeByTheServices_ForEachAttempt()
    {
        var services = new ServiceCollection().AddSingleton(new Greeting("hello")).AddTransient<Greeter>().BuildServiceProvider();
        await using var _ = services;
        Flow.Start(Flow.Split<int, int>("split", count => [.. Enumerable.Range(1, count)]).To(Flow.Node<Greeter, int, string>("greet").End())).Output(OutputRule.List);

        Assert.Equal(["hello 1, call 1", "hello 2, call 1"], (await RunAsync<int, string>(2, new LocalRunOptions { Services = services })).Outputs);
    }

    [Fact]
    public async Task NodeClass_ThatIsNotRegistered_FailsNamingIt()
    {
        var services = new ServiceCollection().BuildServiceProvider();
        await using var _ = services;
        Flow.Start(Flow.Node<Greeter, int, string>("greet").End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, string>(2, new LocalRunOptions { Services = services }));

        Assert.Contains("Node 'greet' is a OrleansFlow.Tests.Workflows.Nodes.ServiceNodeTests+Greeter, which the services do not have. Register it: services.AddTransient<Greeter>().", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NodeClass_WithoutServices_SaysWhereToGiveThem()
    {
        Flow.Start(Flow.Node<Greeter, int, string>("greet").End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, string>(2));

        Assert.Equal(FlowErrorCode.BadInput, thrown.Code);
        Assert.Contains("LocalRunOptions.Services", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NestedWorkflow_SeesTheSameServices()
    {
        var services = new ServiceCollection().AddSingleton(new Greeting("hi")).AddTransient<Greeter>().BuildServiceProvider();
        await using var _ = services;
        var inner = new OrleansFlow.Workflows.Workflow<GrowCounter>("inner");
        inner.Start(inner.Node<Greeter, int, string>("greet").End());
        Flow.Start(Flow.Nested("nested", inner.Build<int, string>()).End());

        Assert.Equal("hi 2, call 1", (await RunAsync<int, string>(2, new LocalRunOptions { Services = services })).Output);
    }

    private sealed record Greeting(string Text);

    private sealed class Greeter(Greeting greeting) : INode<int, string, GrowCounter>
    {
        private int _calls;

        public ValueTask<Transition<string>> RunAsync(int input, NodeScope<GrowCounter> scope, CancellationToken cancellationToken) => new($"{greeting.Text} {input}, call {++_calls}");
    }
}
