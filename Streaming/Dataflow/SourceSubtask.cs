using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>A subtask without inputs: its source runs by itself and meets the engine where it asks.</summary>
internal sealed class SourceSubtask : Subtask
{
    private SourceEnd? _told;

    public SourceSubtask(SubtaskPlan plan, SubtaskInbox inbox, OperatorChain chain, SubtaskOutput output, SubtaskMetrics metrics, IEngineCore engine)
        : base(plan, inbox, chain, output, metrics, engine)
    {
    }

    /// <summary>Rows that are gathered; set while the source runs.</summary>
    private SourceBatcher? Batcher { get; set; }

    /// <summary>Handles a control message between two rows.</summary>
    /// <returns>How the source is to end; null when it goes on.</returns>
    public async ValueTask<SourceEnd?> MeetAsync(SubtaskControl control, CancellationToken cancellationToken)
    {
        await HandleAsync(control, cancellationToken);
        return _told;
    }

    protected override async Task RunCoreAsync(CancellationToken cancellationToken)
    {
        var (first, source) = (Chain.First, (StreamSource)Chain.First.Element);
        using var ticks = Chain.TickInterval is { } interval
            ? Engine.Clock.CreateTimer(static inbox => ((SubtaskInbox)inbox!).Tick(), Inbox, interval, interval)
            : null;
        using var batcher = Batcher = new SourceBatcher(first.Context, first.After, Engine.Limits);
        using var context = new SourceContext(this, first, batcher);
        var end = await source.RunAsync(context, cancellationToken);
        if (end == SourceEnd.Immediate)
        {
            Engine.StopAtOnce();
            cancellationToken.ThrowIfCancellationRequested();
            return;
        }

        await batcher.FlushAsync(cancellationToken);
        if (end == SourceEnd.Graceful)
        {
            await WaitForCommitsAsync(cancellationToken);
            await Output.SignalAsync(StreamMessage.Stop, cancellationToken);
            return;
        }

        await first.After.EmitWatermarkAsync(Watermark.End, cancellationToken);
        await CompleteAsync(cancellationToken);
    }

    protected override async ValueTask HandleAsync(SubtaskControl control, CancellationToken cancellationToken)
    {
        switch (control)
        {
            case SubtaskControl.Checkpoint { Barrier: var barrier } when barrier.Epoch > LastEpoch && _told is null:
                await Batcher!.FlushAsync(cancellationToken);
                await TakeAsync(barrier, null, cancellationToken);
                _told = barrier.ThenStop ? SourceEnd.Graceful : _told;
                break;
            case SubtaskControl.Checkpoint:
                break;
            case SubtaskControl.Stop:
                _told ??= SourceEnd.Graceful;
                break;
            default:
                await base.HandleAsync(control, cancellationToken);
                break;
        }
    }
}
