using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;

namespace OrleansFlow.Tests.Workflows.Local;

/// <summary>A workflow whose steps write down that they ran, and a clock that the test moves.</summary>
public abstract class LocalRunTestBase
{
    protected Workflow<GrowCounter> Flow { get; } = new("flow");

    protected ManualTimeProvider Time { get; } = new();

    protected List<string> Steps { get; } = [];

    protected WorkflowNode<T, T, GrowCounter> Log<T>(string name) => Flow.Node<T, T>(name, (value, _) =>
    {
        Steps.Add($"{name} {value}");
        return value;
    });

    protected ValueTask<WorkflowResult<TOut, GrowCounter>> RunAsync<TIn, TOut>(TIn input, LocalRunOptions? options = null, CancellationToken? cancellationToken = null) =>
        Flow.Build<TIn, TOut>().RunAsync(
            GrowCounter.Empty, input, (options ?? new LocalRunOptions()) with { Time = Time }, cancellationToken ?? TestContext.Current.CancellationToken);
}
