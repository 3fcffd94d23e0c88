using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What an engine runs, and with what.</summary>
public sealed record StreamEngineSetup
{
    /// <summary>What to run, before chaining.</summary>
    public required Program Program { get; init; }

    /// <summary>Makes the operators.</summary>
    public required OperatorRegistry Operators { get; init; }

    /// <summary>Where state is kept. The engine does not dispose it.</summary>
    public required IStateBackend State { get; init; }

    /// <summary>Whose run it is; stands in every event. Default empty.</summary>
    public JobContext Context { get; init; } = new();

    /// <summary>The operators of the checkpoint to begin from. Default none: from nothing.</summary>
    public IReadOnlyList<OperatorState> Restored { get; init; } = [];

    /// <summary>Whether there will be checkpoints. Default true. False: sinks commit by themselves at the end of the data, and the backend may be one that keeps nothing.</summary>
    public bool KeepsState { get; init; } = true;

    /// <summary>Number of the first checkpoint; those before it are used up. Default 1.</summary>
    public long StartEpoch { get; init; } = 1;

    /// <summary>Which subtasks, by node and index, run here. Default all. All workers of a job have to agree.</summary>
    public Func<uint, int, bool> IsLocal { get; init; } = static (_, _) => true;

    /// <summary>Edges to and from subtasks that run elsewhere. Null where all run here.</summary>
    public IRemoteEdges? Remote { get; init; }

    /// <summary>Queues and batches.</summary>
    public StreamEngineLimits Limits { get; init; } = StreamEngineLimits.Default;

    /// <summary>The time. Default the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Memory of batches. Default <see cref="ArrowAllocator.Pooled"/>.</summary>
    public ArrowAllocator Allocator { get; init; } = ArrowAllocator.Pooled;

    /// <summary>
    /// How much memory state may take before it goes to files; it stays the caller's. Default null: one of the engine's own with <see cref="StreamMemory.DefaultBytes"/>
    /// and a folder for temporary files.
    /// </summary>
    public StreamMemory? Memory { get; init; }
}
