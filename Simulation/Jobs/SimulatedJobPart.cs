using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>A subtask of a run: what it is called, and how far it came.</summary>
internal sealed class SimulatedJobPart(SimulatedSubtask subtask, SubtaskId id, string sourceId, string sinkId)
{
    public SimulatedSubtask Subtask => subtask;

    public SubtaskId Id => id;

    public uint Index => id.SubtaskIndex;

    public string SourceId => sourceId;

    public string SinkId => sinkId;

    /// <summary>One snapshot is written after the other.</summary>
    public SemaphoreSlim OneWrite { get; } = new(1, 1);

    public long LastEpoch { get; set; }

    /// <summary>The last checkpoint, behind which nothing is read any more; 0 for none.</summary>
    public long StopsAfter { get; set; }

    public bool IsDone { get; set; }

    public bool IsTold { get; set; }
}
