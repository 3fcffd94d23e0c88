using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Operators;

/// <summary>
/// Says how far event time has come: after the rows of a batch, the smallest value of the watermark's column in it, whenever event time
/// has moved by more than a second. It never goes back, also after a restart; without rows for a time the subtask is idle.
/// </summary>
/// <param name="config">What to take the watermark from, and when to be idle.</param>
public sealed class WatermarkOperator(WatermarkConfig config) : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "watermark";

    private const long DefaultDelayMicros = 1_000_000;
    private const long DefaultIdleMicros = 300_000_000;
    private const long StepMicros = 1_000_000;
    private const int StateBytes = 16;

    private readonly long _idleMicros = config.HasIdleMicros ? config.IdleMicros : DefaultIdleMicros;
    private OperatorContext? _context;
    private IGlobalTable? _table;
    private int _timeColumn;
    private int _watermarkColumn;
    private long _delayMicros;
    private long _lastMicros;
    private long? _watermarkMicros;
    private bool _isIdle;
    private bool _isFirst = true;
    private long _lastRowsAt;

    /// <inheritdoc/>
    public override TimeSpan? TickInterval => _idleMicros < 0 ? null : TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        var schema = context.InputSchemas[0]
            ?? throw new FlowException(FlowErrorCode.BadGraph, $"Operator '{context.OperatorId}' needs the schema of its input, which the program does not give.");
        _timeColumn = EventTime.IndexIn(schema, context.OperatorId);
        _watermarkColumn = config.Column.Length == 0 ? _timeColumn : EventTime.IndexIn(schema, context.OperatorId, config.Column);
        _delayMicros = config.Column.Length > 0 ? 0 : config.HasDelayMicros ? config.DelayMicros : DefaultDelayMicros;
        _lastRowsAt = context.Clock.GetTimestamp();
        _table = await context.State.OpenGlobalAsync("s", 1, cancellationToken);
        foreach (var (key, value) in _table.Entries.ToList())
        {
            // The number of subtasks may be another one now: the least of all of them is right for each.
            var (last, watermark) = (BinaryPrimitives.ReadInt64LittleEndian(value.Span), BinaryPrimitives.ReadInt64LittleEndian(value.Span[8..]));
            (_lastMicros, _watermarkMicros) = (Math.Max(_lastMicros, last), Math.Min(_watermarkMicros ?? watermark, watermark));
            if (BinaryPrimitives.ReadInt32LittleEndian(key.Span) >= context.Parallelism)
            {
                _table.Remove(key.Span);
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(output);
        var (least, latest) = (LeastOf(batch.Column<TimestampArray>(_watermarkColumn).Values), LatestOf(batch.Column<TimestampArray>(_timeColumn).Values));
        await output.EmitAsync(batch, cancellationToken);
        _lastRowsAt = _context!.Clock.GetTimestamp();
        _watermarkMicros = Math.Max(least - _delayMicros, _watermarkMicros ?? long.MinValue);
        if (_isFirst || _isIdle || latest - _lastMicros > StepMicros)
        {
            (_lastMicros, _isIdle, _isFirst) = (Math.Max(_lastMicros, latest), false, false);
            await output.EmitWatermarkAsync(Watermark.At(_watermarkMicros.Value), cancellationToken);
        }
    }

    /// <summary>Watermarks come from here: of those before it only the end and idleness go on.</summary>
    public override ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!watermark.IsEnd && !watermark.IsIdle)
        {
            return ValueTask.CompletedTask;
        }

        _isIdle |= watermark.IsIdle;
        return output.EmitWatermarkAsync(watermark, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_isIdle || _context!.Clock.GetElapsedTime(_lastRowsAt).TotalMicroseconds < _idleMicros)
        {
            return ValueTask.CompletedTask;
        }

        _isIdle = true;
        return output.EmitWatermarkAsync(Watermark.Idle, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        if (_watermarkMicros is { } watermark)
        {
            var (key, value) = (new byte[4], new byte[StateBytes]);
            BinaryPrimitives.WriteInt32LittleEndian(key, _context!.SubtaskIndex);
            BinaryPrimitives.WriteInt64LittleEndian(value, _lastMicros);
            BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(8), watermark);
            _table!.Put(key, value);
        }

        return ValueTask.CompletedTask;
    }

    private static long LeastOf(ReadOnlySpan<long> values)
    {
        var least = long.MaxValue;
        foreach (var value in values)
        {
            least = Math.Min(least, value);
        }

        return least;
    }

    private static long LatestOf(ReadOnlySpan<long> values)
    {
        var latest = long.MinValue;
        foreach (var value in values)
        {
            latest = Math.Max(latest, value);
        }

        return latest;
    }
}
