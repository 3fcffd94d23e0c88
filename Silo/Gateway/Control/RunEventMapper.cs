using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using Wire = OrleansFlow.Protocol.V1;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Turns one watch's events into messages. Remembers who holds which task, because a batch's own event names only its lease.</summary>
internal sealed class RunEventMapper
{
    private readonly Dictionary<LeaseToken, WorkerId> _holders = [];

    /// <summary>The event under a number of the gateway's own: a watch may be taken up again behind the caller's back.</summary>
    public Wire.RunEvent ToWire(RunEvent change, long sequence)
    {
        var wire = new Wire.RunEvent { Sequence = sequence, At = change.AtUtc.ToTimestamp() };
        if (change.Snapshot is { } snapshot)
        {
            if (snapshot.Nodes.Any(node => node.Tasks.Count > 0))
            {
                _holders.Clear();
            }

            foreach (var task in snapshot.Nodes.SelectMany(node => node.Tasks))
            {
                Remember(task);
            }

            wire.Snapshot = snapshot.ToWire();
        }
        else if (change.Task is { } task)
        {
            Remember(task);
            wire.Task = new Wire.TaskChanged { Task = task.ToWire(), Reason = change.Reason ?? "" };
        }
        else if (change.Batch is { } batch)
        {
            wire.Batch = new Wire.BatchAccepted
            {
                TaskId = batch.Token.TaskId.Value,
                Epoch = batch.Token.Epoch,
                Index = batch.Index,
                Rows = batch.Rows,
                Bytes = batch.Bytes,
                WorkerId = _holders.GetValueOrDefault(batch.Token).Value,
            };
        }
        else if (change.Node is { } node)
        {
            wire.Node = new Wire.NodeChanged { NodeId = node.NodeId, State = (Wire.RunState)node.Status };
        }
        else if (change.Run is { } run)
        {
            wire.Run = new Wire.RunChanged { State = (Wire.RunState)run.Status, Failure = run.Failure?.ToWire() };
        }

        return wire;
    }

    private void Remember(TaskView task)
    {
        if (task.Epoch > 0)
        {
            // Only the newest lease of a task makes batches that are accepted.
            _holders.Remove(new LeaseToken(task.TaskId, task.Epoch - 1));
            _holders[new LeaseToken(task.TaskId, task.Epoch)] = task.Worker;
        }
    }
}
