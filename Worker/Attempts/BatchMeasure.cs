namespace OrleansFlow.Worker.Attempts;

/// <summary>What processing one batch took; goes with the batch's own metrics.</summary>
/// <remarks>Allocation is the process's: with several slots it holds what other attempts allocated meanwhile.</remarks>
internal readonly struct BatchMeasure(TimeProvider clock)
{
    /// <summary>Milliseconds in <c>ProcessBatchAsync</c>.</summary>
    public const string ProcessingMs = "worker.processing_ms";

    /// <summary>Bytes that the process allocated meanwhile.</summary>
    public const string AllocatedBytes = "worker.allocated_bytes";

    /// <summary>Largest working set of the process beside the batch, in bytes.</summary>
    public const string WorkingSetBytes = "worker.working_set_bytes";

    private readonly long _begunAt = clock.GetTimestamp();
    private readonly long _allocated = GC.GetTotalAllocatedBytes();

    public void AddTo(BatchEmitter emitter, MemoryWatch memory)
    {
        emitter.Add(ProcessingMs, clock.GetElapsedTime(_begunAt).TotalMilliseconds);
        emitter.Add(AllocatedBytes, GC.GetTotalAllocatedBytes() - _allocated);
        emitter.AddLargest(WorkingSetBytes, memory.WorkingSet());
    }
}
