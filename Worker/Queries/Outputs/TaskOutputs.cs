using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>What the outputs of all tasks of a worker share. Owns the spill folder.</summary>
internal sealed class TaskOutputs(QueryWorkerOptions options) : IDisposable
{
    private readonly MessageSize _size = new(options.MessageRows, options.MessageBytes);

    /// <summary>Bytes of materialised rows in memory.</summary>
    public MaterializedMemory Memory { get; } = new(options.MaterializedMemoryBytes);

    /// <summary>Where rows on disk are.</summary>
    public SpillFolder Folder { get; } = new(options.SpillFolder ?? Path.Combine(Path.GetTempPath(), "orleansflow", "spill"));

    /// <summary>Makes an output as its plan says.</summary>
    /// <param name="plan">Checked already.</param>
    /// <param name="measure">Of the task.</param>
    /// <param name="onReadersGone">Called when its last reader has gone.</param>
    public ITaskOutput Make(TaskOutput plan, TaskMeasure measure, Action onReadersGone) => plan.IsMaterialized
        ? new MaterializedOutput(plan.PartitionCount, Memory, Folder, _size, measure)
        : new BufferedOutput(plan.PartitionCount, Math.Max(1, plan.ReaderCount), options.OutputBudgetBytes, _size, onReadersGone);

    public void Dispose() => Folder.Dispose();
}
