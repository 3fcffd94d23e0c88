using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>
/// Groups rows by sessions whose results change: early results of open sessions at an interval of the machine's time, the result at the watermark, and corrections by rows
/// that come late, but not too late, at most once a second. What sessions hold, and whether it went out, is in the table <c>t</c>.
/// </summary>
public sealed class ChangingSessionOperator : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "changing_session";

    private const string TableName = "t";

    // Corrections are gathered for so long.
    private static readonly TimeSpan CorrectionInterval = TimeSpan.FromSeconds(1);

    private readonly Func<ArrowAllocator, ChangingSessions> _make;
    private readonly int _ticksPerEarly;
    private readonly List<RecordBatch> _late = [];
    private ChangingSessions? _sessions;
    private IRowTable? _table;
    private int _ticks;

    private ChangingSessionOperator(Func<ArrowAllocator, ChangingSessions> make, TimeSpan early)
    {
        _make = make;
        _ticksPerEarly = (int)((early.Ticks + CorrectionInterval.Ticks - 1) / CorrectionInterval.Ticks);
        TickInterval = _ticksPerEarly > 0 ? early / _ticksPerEarly : CorrectionInterval;
    }

    /// <summary>Rows that were left out: those before the watermark by more than the lateness.</summary>
    public long LateRowCount => _sessions?.LateRowCount ?? 0;

    /// <inheritdoc/>
    public override TimeSpan? TickInterval { get; }

    /// <summary>Makes one from a program.</summary>
    /// <param name="definition">Its place in the program; the schemas of its input and output have to be there.</param>
    /// <param name="config">What it is told.</param>
    /// <exception cref="FlowException">The config does not fit the rows (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static ChangingSessionOperator Create(OperatorDefinition definition, ChangingWindowConfig config)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(config);
        try
        {
            var shape = WindowOperator.ShapeOf(definition, config.Window ?? throw new ArgumentException("no window is set"));
            var gap = GapOf(config.Window);
            var (lateness, early) = (SpanOrZero(config.AllowedLatenessMicros), SpanOrZero(config.EarlyIntervalMicros));
            ChangingSessions Make(ArrowAllocator allocator) => new(shape, gap, lateness, allocator);

            // Once for its checks.
            using var made = Make(ArrowAllocator.Default);
            return made.OutputSchema.Equals(definition.OutputSchema)
                ? new ChangingSessionOperator(Make, early)
                : throw new ArgumentException($"the rows that come out are ({made.OutputSchema}), and the program says ({definition.OutputSchema})");
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException or OverflowException)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"Changing session operator '{definition.Id}': {exception.Message}", exception);
        }
    }

    /// <summary>The rows that come out.</summary>
    /// <param name="input">The rows that come in, with their event time.</param>
    /// <param name="config">The window: a session.</param>
    /// <param name="names">Names of the results.</param>
    /// <param name="resultTypes">Their types.</param>
    /// <exception cref="NotSupportedException">Rows of such types do not change: a type is no key, or results of it cannot be compared.</exception>
    public static ArrowSchema OutputOf(ArrowSchema input, WindowConfig config, IReadOnlyList<string> names, IReadOnlyList<ArrowType> resultTypes)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(config);
        using var made = new ChangingSessions(WindowOperator.Shape(input, config, names, resultTypes), GapOf(config), TimeSpan.Zero, ArrowAllocator.Default);
        return made.OutputSchema;
    }

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _sessions = _make(context.Allocator);
        _sessions.Memory = context.Memory.Open();
        _table = await context.State.OpenRowsAsync(TableName, _sessions.Table, cancellationToken);
        await foreach (var rows in _table.RestoreAsync(cancellationToken))
        {
            using (rows)
            {
                await MakeRoomAsync(rows.RowCount, cancellationToken);
                _sessions.Restore(rows);
            }
        }

        _sessions.FinishRestore(context.RestoredWatermarkMicros);
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(output);
        using (batch)
        {
            await MakeRoomAsync(batch.RowCount, cancellationToken);
            _sessions!.Add(batch);
        }

        _sessions.TakeLate(_late);
        if (_late.Count > 0)
        {
            await EmitLateAsync(output, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        await EmitAsync(_sessions!.Correct(), output, cancellationToken);
        if (_ticksPerEarly > 0 && ++_ticks == _ticksPerEarly)
        {
            _ticks = 0;
            await EmitAsync(_sessions.HandOutOpen(onlyGone: false), output, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!watermark.IsIdle)
        {
            await EmitAsync(_sessions!.Advance(watermark.EventTimeMicros), output, cancellationToken);
        }

        await output.EmitWatermarkAsync(watermark, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);

        // What a checkpoint has of a session has gone out, or nothing of it has: so what is taken back later is known from one row a session.
        await EmitAsync(_sessions!.Correct(), output, cancellationToken);
        await EmitAsync(_sessions.HandOutOpen(onlyGone: true), output, cancellationToken);
        var log = new List<RecordBatch>();
        _sessions.TakeChanged(log);
        log.ForEach(_table!.Append);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _sessions?.Dispose();
        _sessions?.Memory.Dispose();
        return base.DisposeAsync();
    }

    private static TimeSpan GapOf(WindowConfig config) => config.WindowCase == WindowConfig.WindowOneofCase.Session
        ? WindowOperator.Span(config.Session.GapMicros)
        : throw new ArgumentException($"a window of kind {config.WindowCase} is no session");

    private static TimeSpan SpanOrZero(long micros) => micros == 0 ? TimeSpan.Zero : WindowOperator.Span(micros);

    private static async ValueTask EmitAsync(IEnumerable<RecordBatch> batches, IOperatorOutput output, CancellationToken cancellationToken)
    {
        foreach (var batch in batches)
        {
            await output.EmitAsync(batch, cancellationToken);
        }
    }

    private ValueTask MakeRoomAsync(int rowCount, CancellationToken cancellationToken) =>
        _sessions!.NeedsRoom(rowCount) ? _sessions.MakeRoomAsync(rowCount, cancellationToken) : ValueTask.CompletedTask;

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
