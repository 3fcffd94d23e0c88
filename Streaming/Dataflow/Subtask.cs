using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>One running subtask: its loop, its checkpoints, and what it answers after its end.</summary>
/// <remarks>
/// A subtask whose data is complete stores its state once more, as epoch 0: it is part of every later checkpoint, or a source that is
/// through would begin anew after a restart. Its chain is kept until the engine goes, since what a sink staged last is committed after its
/// end; control messages are then handled by whoever brings them, one at a time.
/// </remarks>
internal abstract class Subtask : IAsyncDisposable
{
    private readonly SemaphoreSlim _afterEnd = new(1, 1);
    private readonly SnapshotWriter _writer;
    private readonly HashSet<string> _awaitedCommits = [];
    private long _awaitedEpoch = long.MinValue;
    private bool _isDisposed;

    protected Subtask(SubtaskPlan plan, SubtaskInbox inbox, OperatorChain chain, SubtaskOutput output, SubtaskMetrics metrics, IEngineCore engine)
    {
        Plan = plan;
        Inbox = inbox;
        Chain = chain;
        Output = output;
        Metrics = metrics;
        Engine = engine;
        _writer = new SnapshotWriter(TellCompletedAsync, TellGivenUpAsync, exception => engine.Fail(this, exception));
    }

    public SubtaskPlan Plan { get; }

    public SubtaskInbox Inbox { get; }

    public OperatorChain Chain { get; }

    public SubtaskMetrics Metrics { get; }

    protected SubtaskOutput Output { get; }

    protected IEngineCore Engine { get; }

    /// <summary>The newest epoch that was taken or given up.</summary>
    protected long LastEpoch { get; private set; } = long.MinValue;

    /// <summary>Runs to the end. Throws what went wrong.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Chain.StartAsync(cancellationToken);
        await Engine.Events.TellAsync(new WorkerEvent { TaskStarted = Id() });
        await RunCoreAsync(cancellationToken);
        foreach (var control in Inbox.EndControl())
        {
            await HandleAfterEndAsync(control, cancellationToken);
        }

        await _writer.Idle.WaitAsync(cancellationToken);
        await Engine.Events.TellAsync(new WorkerEvent { TaskFinished = Id() });
    }

    /// <summary>Handles what came too late for the loop. A checkpoint is none of its business any more.</summary>
    public async ValueTask HandleAfterEndAsync(SubtaskControl control, CancellationToken cancellationToken)
    {
        await _afterEnd.WaitAsync(cancellationToken);
        try
        {
            if (!_isDisposed && control is not SubtaskControl.Checkpoint)
            {
                await HandleAsync(control, cancellationToken);
            }
        }
        finally
        {
            _afterEnd.Release();
        }
    }

    public SubtaskId Id(string operatorId = "") => new() { NodeId = Plan.Node.Id, SubtaskIndex = (uint)Plan.Index, OperatorId = operatorId };

    public async ValueTask DisposeAsync()
    {
        Inbox.Dispose();
        await _afterEnd.WaitAsync(CancellationToken.None);
        _isDisposed = true;
        _afterEnd.Release();
        await _writer.Idle;
        await Chain.DisposeAsync();
    }

    /// <summary>Runs until the job is stopped or its data is complete.</summary>
    protected abstract Task RunCoreAsync(CancellationToken cancellationToken);

    /// <summary>All data is through: what is held is given out, the state of the end is stored, and those behind are told.</summary>
    protected async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await Chain.EndAsync(cancellationToken);
        LastEpoch = Math.Max(LastEpoch, Engine.StartEpoch - 1) + 1;
        var barrier = new CheckpointBarrier(LastEpoch, 0, Engine.Clock.GetUtcNow(), ThenStop: false);
        if (Engine.KeepsState)
        {
            var frozen = await Chain.FreezeAsync(barrier, static (_, _, _) => ValueTask.CompletedTask, cancellationToken);
            await _writer.StartAsync(SnapshotWriter.Final, frozen, cancellationToken);
        }
        else
        {
            await Chain.CommitDirectlyAsync(barrier, cancellationToken);
        }

        await Output.SignalAsync(StreamMessage.EndOfData, cancellationToken);
    }

    /// <summary>Takes the checkpoint: each element is frozen, the barrier goes on, and the writing begins.</summary>
    /// <param name="barrier">Its barrier.</param>
    /// <param name="capture">The rows that the barrier overtook; null when it overtook none. Taken over.</param>
    /// <param name="cancellationToken">Ends the subtask.</param>
    protected async ValueTask TakeAsync(CheckpointBarrier barrier, ChannelCapture? capture, CancellationToken cancellationToken)
    {
        LastEpoch = barrier.Epoch;
        var frozen = await FreezeAsync(barrier, capture, cancellationToken);
        if (barrier.ThenStop)
        {
            _awaitedCommits.UnionWith(frozen.Where(element => element.NeedsCommit).Select(element => element.OperatorId));
            _awaitedEpoch = barrier.Epoch;
        }

        await _writer.StartAsync(barrier.Epoch, frozen, cancellationToken);
        await Output.SignalAsync(StreamMessage.Of(barrier), cancellationToken);
    }

    /// <summary>After a checkpoint that ends the job: a sink that waits for its commit gets it first.</summary>
    protected async ValueTask WaitForCommitsAsync(CancellationToken cancellationToken)
    {
        for (var input = 0; input < Plan.Inputs.Count; input++)
        {
            Inbox.SetBlocked(input, true);
        }

        while (_awaitedCommits.Count > 0)
        {
            if ((await Inbox.ReadAsync(cancellationToken)).Control is { } control)
            {
                await HandleAsync(control, cancellationToken);
            }
        }
    }

    /// <summary>Handles control messages that mean the same to every kind of subtask.</summary>
    protected virtual async ValueTask HandleAsync(SubtaskControl control, CancellationToken cancellationToken)
    {
        switch (control)
        {
            case SubtaskControl.Commit commit:
                await Chain.CommitAsync(commit.OperatorId, commit.Epoch, commit.CommitData, cancellationToken);
                await TellAsync(commit.OperatorId, commit.Epoch, CheckpointEventKind.FinishedCommit);
                if (commit.Epoch >= _awaitedEpoch)
                {
                    _awaitedCommits.Remove(commit.OperatorId);
                }

                break;
            case SubtaskControl.Abort abort:
                LastEpoch = Math.Max(LastEpoch, abort.Epoch);
                _writer.Abort(abort.Epoch);
                if (abort.Epoch >= _awaitedEpoch)
                {
                    // The job ends all the same; what was staged is left to the next run.
                    _awaitedCommits.Clear();
                }

                break;
            case SubtaskControl.Replace replace:
                Chain.Replace(replace.OperatorId, replace.Tables);
                break;
            default:
                break;
        }
    }

    private async ValueTask<IReadOnlyList<FrozenElement>> FreezeAsync(CheckpointBarrier barrier, ChannelCapture? capture, CancellationToken cancellationToken)
    {
        try
        {
            var frozen = await Chain.FreezeAsync(barrier, TellAsync, cancellationToken);
            return capture is null
                ? frozen
                : [frozen[0] with { Snapshot = new ChannelStateSnapshot(frozen[0].Snapshot, capture, Plan, Engine.State, Chain.First.State.Place, Metrics) }, .. frozen.Skip(1)];
        }
        catch
        {
            capture?.Dispose();
            throw;
        }
    }

    protected ValueTask TellAsync(string operatorId, long epoch, CheckpointEventKind kind) =>
        Engine.Events.TellAsync(new WorkerEvent { Checkpoint = new CheckpointEvent { Subtask = Id(operatorId), Epoch = epoch, Kind = kind } });

    private ValueTask TellCompletedAsync(FrozenElement element, long epoch, SubtaskState state) => Engine.Events.TellAsync(new WorkerEvent
    {
        CheckpointCompleted = new CheckpointCompleted { Subtask = Id(element.OperatorId), Epoch = epoch, State = state, NeedsCommit = element.NeedsCommit },
    });

    private ValueTask TellGivenUpAsync(long epoch, Exception exception) =>
        Engine.Events.TellAsync(new WorkerEvent { CheckpointFailed = new CheckpointFailed { Epoch = epoch, Error = TaskErrors.Of(Id(), exception) } });
}
