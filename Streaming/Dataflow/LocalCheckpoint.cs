using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Gathers what the subtasks of one process store in a checkpoint. Not thread-safe.</summary>
/// <param name="plan">Whose subtasks are awaited.</param>
/// <param name="epoch">Number of the checkpoint.</param>
internal sealed class LocalCheckpoint(PhysicalPlan plan, long epoch)
{
    private readonly Dictionary<(string Operator, uint Index), CheckpointCompleted> _stored = [];
    private readonly HashSet<(string Operator, uint Index)> _uncommitted = [];

    public long Epoch => epoch;

    /// <summary>Ends when all have stored their part.</summary>
    public TaskCompletionSource<CheckpointManifest> Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when all sinks have committed.</summary>
    public TaskCompletionSource Committed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The checkpoint; null until all have stored their part.</summary>
    public CheckpointManifest? Manifest { get; private set; }

    /// <summary>A subtask has stored its part: of this epoch, or that of its end.</summary>
    public void Store(CheckpointCompleted completed)
    {
        // What a subtask took at the barrier counts, not what it stored at its end behind it.
        var key = (completed.Subtask.OperatorId, completed.Subtask.SubtaskIndex);
        if (!_stored.TryAdd(key, completed) || _stored.Count < plan.Program.Nodes.Sum(node => node.Chain.Count * (int)node.Parallelism))
        {
            return;
        }

        Manifest = new CheckpointManifest { Epoch = epoch };
        foreach (var part in plan.Program.Nodes.SelectMany(node => node.Chain.Select(one => (one.Id, one.Kind, node.Parallelism))))
        {
            var merged = OperatorStates.Merge(part.Id, [.. Enumerable.Range(0, (int)part.Parallelism).Select(index => _stored[(part.Id, (uint)index)].State)]);
            merged.Kind = part.Kind;
            Manifest.Operators.Add(merged);
        }

        _uncommitted.UnionWith(_stored.Where(one => one.Value.NeedsCommit).Select(one => one.Key));
        Manifest.NeedsCommit = _uncommitted.Count > 0;
        Stored.TrySetResult(Manifest);
        if (!Manifest.NeedsCommit)
        {
            Committed.TrySetResult();
        }
    }

    /// <summary>A sink has committed.</summary>
    public void Commit(CheckpointEvent committed)
    {
        if (committed.Epoch == epoch && _uncommitted.Remove((committed.Subtask.OperatorId, committed.Subtask.SubtaskIndex)) && _uncommitted.Count == 0)
        {
            Committed.TrySetResult();
        }
    }

    /// <summary>It will not come to an end.</summary>
    public void Fail(Exception exception)
    {
        Stored.TrySetException(exception);
        Committed.TrySetException(exception);
        _ = (Stored.Task.Exception, Committed.Task.Exception);
    }
}
