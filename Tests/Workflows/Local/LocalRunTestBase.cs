using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Checkpoints;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;

namespace OrleansFlow.Tests.Workflows.Local;

/// <summary>A workflow whose steps write down that they ran, and a clock that the test moves.</summary>
public abstract class LocalRunTestBase
{
    protected Workflow<GrowCounter> Flow { get; } = new("flow");

    protected ManualTimeProvider Time { get; } = new();

    protected static DateTimeOffset Started { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    protected List<string> Steps { get; } = [];

    protected WorkflowNode<T, T, GrowCounter> Log<T>(string name) => Flow.Node<T, T>(name, (value, _) =>
    {
        Steps.Add($"{name} {value}");
        return value;
    });

    /// <summary>Lets a run's time go on, second by second, until it has ended.</summary>
    protected async Task<T> FinishAsync<T>(ValueTask<T> run)
    {
        var task = run.AsTask();
        while (!task.IsCompleted)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            if (Time.ArmedTimerCount > 0)
            {
                Time.Advance(TimeSpan.FromSeconds(1));
            }

            await Task.Yield();
        }

        return await task;
    }

    protected string Clock() => $"{Time.GetUtcNow() - Started}";

    /// <summary>True: steps are executed and decided as in a cluster, from what a store holds.</summary>
    protected virtual bool IsDurable => false;

    protected ValueTask<WorkflowResult<TOut, GrowCounter>> RunAsync<TIn, TOut>(TIn input, LocalRunOptions? options = null, CancellationToken? cancellationToken = null)
    {
        var chosen = (options ?? new LocalRunOptions()) with { Time = Time };
        var token = cancellationToken ?? TestContext.Current.CancellationToken;
        var definition = Flow.Build<TIn, TOut>();
        return IsDurable
            ? definition.RunWithCheckpointAsync(GrowCounter.Empty, input, new MemoryCheckpoints(), "run", chosen, token)
            : definition.RunAsync(GrowCounter.Empty, input, chosen, token);
    }
}
