namespace OrleansFlow.Workflows.Local;

/// <summary>What a local run hands values to: a node's queue, or the run's output.</summary>
internal interface ILocalInput<in T>
{
    void Push(T value);
}
