using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>A subtask with inputs: joins their watermarks, aligns their barriers, and ends when all have ended.</summary>
internal sealed class OperatorSubtask : Subtask
{
    private readonly BarrierAlignment _alignment;
    private WatermarkHolder? _watermarks;
    private int _openInputs;
    private bool _isStopped;
    private long? _alignedSince;

    public OperatorSubtask(SubtaskPlan plan, SubtaskInbox inbox, OperatorChain chain, SubtaskOutput output, SubtaskMetrics metrics, IEngineCore engine)
        : base(plan, inbox, chain, output, metrics, engine)
    {
        _openInputs = plan.Inputs.Count;
        _alignment = new BarrierAlignment(plan.Inputs.Count);
    }

    protected override async Task RunCoreAsync(CancellationToken cancellationToken)
    {
        _watermarks = new WatermarkHolder(Plan.Inputs.Count, Chain.First.WatermarkMicros);
        using var ticks = Chain.TickInterval is { } interval
            ? Engine.Clock.CreateTimer(static inbox => ((SubtaskInbox)inbox!).Tick(), Inbox, interval, interval)
            : null;
        while (true)
        {
            var item = await Inbox.ReadAsync(cancellationToken);
            if (item.Control is { } control)
            {
                await HandleAsync(control, cancellationToken);
            }
            else if (item.IsTick)
            {
                await Chain.TickAsync(cancellationToken);
            }
            else if (item.Kind == InboxItemKind.Overtaking)
            {
                await TakeOvertakingAsync(cancellationToken);
            }
            else if (await TakeMessageAsync(item.Input, item.Message, cancellationToken))
            {
                return;
            }
        }
    }

    protected override async ValueTask HandleAsync(SubtaskControl control, CancellationToken cancellationToken)
    {
        if (control is SubtaskControl.Abort abort)
        {
            _alignment.Abort(abort.Epoch);
            _alignedSince = _alignment.Pending is null ? null : _alignedSince;
            ShowBlocked();
        }

        await base.HandleAsync(control, cancellationToken);
    }

    /// <summary>Takes a message.</summary>
    /// <returns>Whether the subtask has ended with it.</returns>
    private async ValueTask<bool> TakeMessageAsync(int input, StreamMessage message, CancellationToken cancellationToken)
    {
        switch (message.Kind)
        {
            case StreamMessageKind.Batch:
                await TakeRowsAsync(message.Batch!, input, cancellationToken);
                return false;
            case StreamMessageKind.Watermark:
                await TakeWatermarkAsync(input, message.Watermark, cancellationToken);
                return false;
            case StreamMessageKind.Barrier:
                return await TakeBarrierAsync(input, message.Barrier!, cancellationToken);
            default:
                return await TakeEndAsync(input, message.Kind == StreamMessageKind.Stop, cancellationToken);
        }
    }

    private ValueTask TakeRowsAsync(RecordBatch batch, int input, CancellationToken cancellationToken)
    {
        Metrics.Received(batch.RowCount, batch.ByteCount);
        return Chain.First.ProcessAsync(batch, input, cancellationToken);
    }

    private ValueTask TakeWatermarkAsync(int input, Watermark watermark, CancellationToken cancellationToken) =>
        _watermarks!.Report(input, watermark) is { } joined ? Chain.First.EmitWatermarkAsync(joined, cancellationToken) : ValueTask.CompletedTask;

    private async ValueTask<bool> TakeBarrierAsync(int input, CheckpointBarrier barrier, CancellationToken cancellationToken)
    {
        var step = _alignment.OnBarrier(input, barrier);
        ShowBlocked();
        if (step == AlignmentStep.Started)
        {
            _alignedSince = Engine.Clock.GetTimestamp();
            await TellAsync("", barrier.Epoch, CheckpointEventKind.StartedAlignment);
        }

        if (step == AlignmentStep.Complete)
        {
            NoteAlignment();
        }

        return step == AlignmentStep.Complete && await TakeCheckpointAsync(barrier, cancellationToken);
    }

    /// <summary>A barrier overtakes: the state is that of the rows read so far, and the rows before it that were not read are part of the checkpoint.</summary>
    private async ValueTask TakeOvertakingAsync(CancellationToken cancellationToken)
    {
        // One that was aligned, or given up, before its turn came has nothing left to overtake.
        if (Inbox.OvertakingBarrier is not { } barrier || barrier.Epoch <= _alignment.LastEpoch || barrier.Epoch < _alignment.Pending?.Epoch)
        {
            return;
        }

        NoteAlignment();
        var capture = Inbox.Capture(barrier.Epoch);

        // The alignment is over: all inputs are read, and the barriers that wait in them mean nothing when they are met.
        _alignment.Abort(barrier.Epoch);
        ShowBlocked();
        await TakeAsync(barrier, capture, cancellationToken);
    }

    private void NoteAlignment()
    {
        if (_alignedSince is { } since)
        {
            Metrics.Aligned(Engine.Clock.GetElapsedTime(since));
            _alignedSince = null;
        }
    }

    private async ValueTask<bool> TakeCheckpointAsync(CheckpointBarrier barrier, CancellationToken cancellationToken)
    {
        await TakeAsync(barrier, null, cancellationToken);
        if (!barrier.ThenStop)
        {
            return false;
        }

        await WaitForCommitsAsync(cancellationToken);
        await Output.SignalAsync(StreamMessage.Stop, cancellationToken);
        return true;
    }

    private async ValueTask<bool> TakeEndAsync(int input, bool isStop, CancellationToken cancellationToken)
    {
        _openInputs--;
        _isStopped |= isStop;

        // The rows of this input are all before the line, so the others' barriers may be complete now.
        var barrier = _alignment.OnEnded(input);
        ShowBlocked();
        if (barrier is not null)
        {
            NoteAlignment();
        }

        if (barrier is not null && await TakeCheckpointAsync(barrier, cancellationToken))
        {
            return true;
        }

        if (!isStop)
        {
            await TakeWatermarkAsync(input, Watermark.End, cancellationToken);
        }

        if (_openInputs > 0)
        {
            return false;
        }

        if (_isStopped)
        {
            await Output.SignalAsync(StreamMessage.Stop, cancellationToken);
            return true;
        }

        await CompleteAsync(cancellationToken);
        return true;
    }

    private void ShowBlocked()
    {
        for (var input = 0; input < Plan.Inputs.Count; input++)
        {
            Inbox.SetBlocked(input, _alignment.IsBlocked(input));
        }
    }
}
