using OrleansFlow.Workflows.Local;

namespace OrleansFlow.Workflows.Execution;

/// <summary>The far end of an edge while a step is being written down.</summary>
internal sealed class CollectorInput<T>(StepCollector collector, int node) : ILocalInput<T>
{
    public void Push(T value) => collector.Add(node, value);
}
