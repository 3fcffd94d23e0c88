using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <content>What the job's coordinator says.</content>
public sealed partial class StreamEngine
{
    /// <summary>Begins a checkpoint at the local sources; with <see cref="CheckpointRequest.IsCommit"/> sinks commit what they know of the epoch instead.</summary>
    /// <exception cref="FlowException">The engine does not run (<see cref="FlowErrorCode.AlreadyEnded"/>).</exception>
    /// <remarks>Returns when the sources have been told. A subtask whose data is complete has no further part: the state of its end counts, which it told of as epoch 0.</remarks>
    public ValueTask CheckpointAsync(CheckpointRequest request, CancellationToken cancellationToken) => CheckpointAsync(request, isAligned: false, cancellationToken);

    /// <summary>As the public one; one that is aligned does not overtake, whatever the job says.</summary>
    internal async ValueTask CheckpointAsync(CheckpointRequest request, bool isAligned, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.IsCommit)
        {
            foreach (var subtask in Running())
            {
                foreach (var id in subtask.Chain.CommittingIds)
                {
                    await PostAsync(subtask, new SubtaskControl.Commit(id, request.Epoch, default), cancellationToken);
                }
            }

            return;
        }

        BeginAlignment(request, isAligned);
        var timestamp = request.Timestamp?.ToDateTimeOffset() ?? _setup.Clock.GetUtcNow();
        var control = new SubtaskControl.Checkpoint(new CheckpointBarrier(request.Epoch, request.MinEpoch, timestamp, request.ThenStop));
        foreach (var subtask in Running().Where(subtask => subtask.Plan.IsSource))
        {
            await PostAsync(subtask, control, cancellationToken);
        }

        // Behind the word to the sources: one that waits for room and is let through meets its barrier before it fills that room too.
        OvertakeAtOnce();
    }

    /// <summary>Gives an epoch up: inputs that wait for its barrier are read again, what is not written yet is not. Repeating it is safe.</summary>
    public async ValueTask AbortCheckpointAsync(long epoch, CancellationToken cancellationToken)
    {
        EndAlignment(epoch);
        foreach (var subtask in Running())
        {
            await PostAsync(subtask, new SubtaskControl.Abort(epoch), cancellationToken);
        }
    }

    /// <summary>The checkpoint of an epoch is durable: each local sink that is named commits its own bytes.</summary>
    /// <exception cref="FlowException">An operator is not of this program, or does not commit (<see cref="FlowErrorCode.NotFound"/>): nobody was told.</exception>
    /// <remarks>Bytes of a subtask that there is no more, since the parallelism changed, go to another one of the operator.</remarks>
    public async ValueTask CommitAsync(CommitRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var subtasks = Running();
        foreach (var commit in request.Commits)
        {
            var node = NodeOf(commit.OperatorId);
            if (subtasks.FirstOrDefault(subtask => subtask.Plan.Node == node) is { } local && !local.Chain.CommittingIds.Contains(commit.OperatorId))
            {
                throw new FlowException(FlowErrorCode.NotFound, $"Operator '{commit.OperatorId}' commits nothing; epoch {request.Epoch} holds data of another program for it.");
            }
        }

        foreach (var commit in request.Commits)
        {
            var node = NodeOf(commit.OperatorId);
            var index = commit.SubtaskIndex % node.Parallelism;
            if (subtasks.FirstOrDefault(subtask => subtask.Plan.Node == node && subtask.Plan.Index == index) is { } subtask)
            {
                await PostAsync(subtask, new SubtaskControl.Commit(commit.OperatorId, request.Epoch, commit.Data.Memory), cancellationToken);
            }
        }
    }

    /// <summary>Ends the job here. Graceful: the sources end, and a stop flows through behind their last rows. Immediate: everything ends now. Repeating it is safe.</summary>
    /// <exception cref="FlowException">The mode is none (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public async ValueTask StopAsync(StopMode mode, CancellationToken cancellationToken)
    {
        switch (mode)
        {
            case StopMode.Graceful:
                foreach (var subtask in Running().Where(subtask => subtask.Plan.IsSource))
                {
                    await PostAsync(subtask, new SubtaskControl.Stop(), cancellationToken);
                }

                break;
            case StopMode.Immediate:
                Running();
                ((IEngineCore)this).StopAtOnce();
                break;
            default:
                throw new FlowException(FlowErrorCode.BadInput, $"Stop mode {mode} is none; it is graceful or immediate.");
        }
    }

    /// <summary>Compacted files take the place of older ones in the operator's local subtasks.</summary>
    /// <exception cref="FlowException">There is no such operator (<see cref="FlowErrorCode.NotFound"/>).</exception>
    public async ValueTask LoadCompactedDataAsync(LoadCompactedDataRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var node = NodeOf(request.OperatorId);
        foreach (var subtask in Running().Where(subtask => subtask.Plan.Node == node))
        {
            await PostAsync(subtask, new SubtaskControl.Replace(request.OperatorId, request.Tables), cancellationToken);
        }
    }

    private async ValueTask PostAsync(Subtask subtask, SubtaskControl control, CancellationToken cancellationToken)
    {
        if (await subtask.Inbox.PostAsync(control, cancellationToken) || _running.IsCancellationRequested)
        {
            return;
        }

        try
        {
            await subtask.HandleAfterEndAsync(control, _running.Token);
        }
        catch (Exception exception)
        {
            if (!_running.IsCancellationRequested)
            {
                ((IEngineCore)this).Fail(subtask, exception);
            }
        }
    }

    private ProgramNode NodeOf(string operatorId) =>
        _plan.Program.Nodes.FirstOrDefault(node => node.Chain.Any(part => part.Id == operatorId))
        ?? throw new FlowException(FlowErrorCode.NotFound, $"The program has no operator '{operatorId}'.");

    private List<Subtask> Running()
    {
        lock (_gate)
        {
            return _subtasks.Count > 0 && _isDisposed == 0
                ? [.. _subtasks.Select(built => built.Subtask)]
                : throw new FlowException(FlowErrorCode.AlreadyEnded, "The engine does not run: it was not started, or was disposed.");
        }
    }
}
