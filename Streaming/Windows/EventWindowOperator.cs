using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Windows;

/// <summary>What all operators do that group rows by windows of event time: state in the table <c>t</c>, rows that come too late to the second output.</summary>
public abstract class EventWindowOperator : StreamOperator
{
    private const string TableName = "t";

    private readonly Func<ArrowAllocator, EventWindows> _make;
    private readonly List<RecordBatch> _late = [];
    private EventWindows? _windows;
    private IRowTable? _table;

    private protected EventWindowOperator(Func<ArrowAllocator, EventWindows> make) => _make = make;

    /// <summary>Rows that were left out: of panes (a tumbling window, a slide, a step) those whose pane was complete, of sessions those before the watermark; where lateness is allowed, for longer than it.</summary>
    public long LateRowCount => _windows?.LateRowCount ?? 0;

    /// <summary>The windows, once it has started.</summary>
    private protected EventWindows Windows => _windows ?? throw new InvalidOperationException("The operator has not started.");

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _windows = _make(context.Allocator);
        _windows.Memory = context.Memory.Open();
        _table = await context.State.OpenRowsAsync(TableName, _windows.Table, cancellationToken);
        await foreach (var rows in _table.RestoreAsync(cancellationToken))
        {
            using (rows)
            {
                for (var from = 0; from < rows.RowCount; from += WindowShape.BatchRowsMax)
                {
                    using var some = rows.Slice(from, Math.Min(WindowShape.BatchRowsMax, rows.RowCount - from));
                    await MakeRoomAsync(some.RowCount, cancellationToken);
                    _windows.Restore(some);
                }
            }
        }

        await _windows.SettleRestoredAsync(context.RestoredWatermarkMicros, cancellationToken);
        _windows.FinishRestore(context.RestoredWatermarkMicros);
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(output);
        using (batch)
        {
            await MakeRoomAsync(batch.RowCount, cancellationToken);
            Windows.Add(batch);
        }

        Windows.TakeLate(_late);
        if (_late.Count > 0)
        {
            await EmitLateAsync(output, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!watermark.IsIdle)
        {
            await AdvanceAsync(watermark.EventTimeMicros, output, cancellationToken);
        }

        await output.EmitWatermarkAsync(watermark, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        await Windows.PrepareChangedAsync(cancellationToken);
        var log = new List<RecordBatch>();
        Windows.TakeChanged(log);
        log.ForEach(_table!.Append);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _windows?.Dispose();
        _windows?.Memory.Dispose();
        GC.SuppressFinalize(this);
        return base.DisposeAsync();
    }

    private protected static async ValueTask EmitAsync(IEnumerable<RecordBatch> batches, IOperatorOutput output, CancellationToken cancellationToken)
    {
        foreach (var batch in batches)
        {
            await output.EmitAsync(batch, cancellationToken);
        }
    }

    private async ValueTask AdvanceAsync(long watermarkMicros, IOperatorOutput output, CancellationToken cancellationToken)
    {
        for (var step = Windows.StepTo(watermarkMicros); step < watermarkMicros; step = Windows.StepTo(watermarkMicros))
        {
            await EmitAsync(Windows.Advance(step), output, cancellationToken);
            await MakeRoomAsync(0, cancellationToken);
        }

        await EmitAsync(Windows.Advance(watermarkMicros), output, cancellationToken);
    }

    private ValueTask MakeRoomAsync(int rowCount, CancellationToken cancellationToken) =>
        Windows.NeedsRoom(rowCount) ? Windows.MakeRoomAsync(rowCount, cancellationToken) : ValueTask.CompletedTask;

    private async ValueTask EmitLateAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0; i < _late.Count; i++)
            {
                var batch = _late[i];
                _late[i] = null!;
                await output.EmitSideAsync(batch, cancellationToken);
            }
        }
        finally
        {
            _late.ForEach(batch => batch?.Dispose());
            _late.Clear();
        }
    }
}
