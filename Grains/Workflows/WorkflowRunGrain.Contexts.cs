using System.Collections.Immutable;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>How a worker gets the context that a step is to see: what it does not have of it.</content>
internal sealed partial class WorkflowRunGrain
{
    /// <summary>A context that is no larger than this, in bytes of JSON, is sent whole: keeping book of who has which version would cost more.</summary>
    private const int SmallBytes = 512;

    /// <summary>Deltas after which a worker is asked to fold them into a new snapshot.</summary>
    private const int FoldAfter = 32;

    /// <summary>The version of the context that each worker got last.</summary>
    private readonly Dictionary<WorkerId, long> _contexts = [];

    private (long Version, int Count, long Bytes) _deltaBytes;

    private StepTask WithContext(StepTask task, WorkflowRunState state, WorkerId worker)
    {
        var bytes = DeltaBytesOf(state);
        task = task with { WantsFold = task.Kind == StepTaskKind.Step && state.Deltas.Count >= FoldAfter && bytes >= state.Snapshot.Length };
        if (state.Snapshot.Length + bytes <= SmallBytes || !_contexts.TryGetValue(worker, out var known) || known < state.SnapshotVersion)
        {
            _contexts[worker] = state.ContextVersion;
            return task with { HasSnapshot = true, Snapshot = state.Snapshot, BaseVersion = state.SnapshotVersion, Deltas = [.. state.Deltas] };
        }

        var deltas = ImmutableArray.CreateBuilder<Payload>((int)(state.ContextVersion - known));
        for (var place = (int)(known - state.SnapshotVersion); place < state.Deltas.Count; place++)
        {
            deltas.Add(state.Deltas[place]);
        }

        _contexts[worker] = state.ContextVersion;
        return task with { BaseVersion = known, Deltas = deltas.MoveToImmutable() };
    }

    /// <summary>How much the deltas take, counted on from the last time.</summary>
    private long DeltaBytesOf(WorkflowRunState state)
    {
        var (version, count, bytes) = _deltaBytes;
        if (version != state.SnapshotVersion || count > state.Deltas.Count)
        {
            (count, bytes) = (0, 0);
        }

        for (; count < state.Deltas.Count; count++)
        {
            bytes += state.Deltas[count].Length;
        }

        _deltaBytes = (state.SnapshotVersion, count, bytes);
        return bytes;
    }
}
