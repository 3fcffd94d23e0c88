using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Functions;

/// <summary>Runs a <see cref="ProcessFunction"/> over rows that are dealt by its key. State and timers are in the table <c>p</c>; a checkpoint writes what changed.</summary>
public sealed class ProcessOperator : StreamOperator
{
    private const string TableName = "p";
    private const string EventTimers = "t:event";
    private const string ClockTimers = "t:clock";
    private const int OutputRowsMax = 8_192;
    private const int RestoredRowsMax = 8_192;

    private readonly ProcessFunction _function;
    private readonly int[] _keyColumns;
    private readonly ArrowField[] _keyFields;
    private readonly ArrowSchema _output;
    private readonly ArrowSchema _keySchema;
    private StateCells? _cells;
    private KeyTimers? _eventTimers;
    private KeyTimers? _clockTimers;
    private SpilledCells? _files;
    private IRowTable? _table;
    private RecordBatchBuilder? _builder;
    private OperatorContext? _place;
    private ProcessContext? _context;
    private int[] _numbers = [];

    private ProcessOperator(ProcessFunction function, int[] keyColumns, ArrowSchema input, ArrowSchema output)
    {
        (_function, _keyColumns, _output) = (function, keyColumns, output);
        _keyFields = [.. keyColumns.Select(column => input.Fields[column])];
        _keySchema = new ArrowSchema(_keyFields);
    }

    /// <inheritdoc/>
    public override TimeSpan? TickInterval => _function.UsesClock ? TimeSpan.FromMilliseconds(100) : null;

    /// <summary>Makes one from a program.</summary>
    /// <param name="definition">Its place in the program; the config is a field mask of the names of the key columns, and the schemas of its input and output have to be there.</param>
    /// <param name="make">Makes the function.</param>
    /// <exception cref="FlowException">Schemas are missing, or the key columns do not fit the rows (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static ProcessOperator Create(OperatorDefinition definition, Func<ProcessFunction> make)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(make);
        return Create(definition, make, KnownOperators.Read(FieldMask.Parser, definition).Paths);
    }

    /// <summary>Makes one whose config is another one.</summary>
    internal static ProcessOperator Create(OperatorDefinition definition, Func<ProcessFunction> make, IReadOnlyList<string> names)
    {
        var input = definition.InputSchemas is [{ } only] ? only : throw Bad(definition, "needs one input, and the program has to say what rows come in");
        var output = definition.OutputSchema ?? throw Bad(definition, "needs rows that go out, and the program does not say them");
        if (names.Count == 0 || output.Fields.Count == 0)
        {
            throw Bad(definition, "needs at least one key column and one column that goes out");
        }

        var columns = names.Select(name => input.TryIndexOf(name) is var place and >= 0 ? place : throw Bad(definition, $"has the key column '{name}', which the rows ({input}) do not have"));
        var one = new ProcessOperator(make(), [.. columns], input, output);
        try
        {
            // Once for its checks of the types.
            _ = new StateCells(one._keyFields, ArrowAllocator.Default);
            return one;
        }
        catch (NotSupportedException exception)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"Process operator '{definition.Id}': {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _place = context;
        _cells = new StateCells(_keyFields, context.Allocator);
        _eventTimers = new KeyTimers(_cells, EventTimers);
        _clockTimers = _function.UsesClock ? new KeyTimers(_cells, ClockTimers) : null;
        _files = new SpilledCells(_cells, _clockTimers is null ? [_eventTimers] : [_eventTimers, _clockTimers], context);
        _builder = new RecordBatchBuilder(_output, context.Allocator);
        _context = new ProcessContext(context.OperatorId, _cells, _eventTimers, _clockTimers, _builder, context.Clock) { WatermarkMicros = context.RestoredWatermarkMicros };
        _table = await context.State.OpenRowsAsync(TableName, _cells.Table, cancellationToken);
        await foreach (var rows in _table.RestoreAsync(cancellationToken))
        {
            using (rows)
            {
                await RestoreAsync(rows, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        using var rows = batch;
        using var keys = KeysOf(batch, _keyColumns);
        await _files!.MakeRoomAsync(cancellationToken);
        _files.TakeBack(keys);
        if (_numbers.Length < batch.RowCount)
        {
            _numbers = new int[batch.RowCount];
        }

        _cells!.Find([.. _keyColumns.Select(batch.Column)], _numbers.AsSpan(0, batch.RowCount));
        for (var row = 0; row < batch.RowCount; row++)
        {
            _context!.MoveTo(keys, row, _numbers[row]);
            try
            {
                _function.ProcessRow(_context, batch, row);
            }
            catch (Exception exception) when (exception is not FlowException and not OperationCanceledException)
            {
                throw Failed("a row", exception);
            }

            await FlushAsync(OutputRowsMax, output, cancellationToken);
        }

        await FlushAsync(1, output, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!watermark.IsIdle)
        {
            _context!.WatermarkMicros = watermark.EventTimeMicros;
            _eventTimers!.IsEnding = watermark.IsEnd;
            await FireAsync(TimerKind.EventTime, _eventTimers, watermark.EventTimeMicros, output, cancellationToken);
        }

        await output.EmitWatermarkAsync(watermark, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        var nowMicros = (_place!.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return _clockTimers is null ? ValueTask.CompletedTask : FireAsync(TimerKind.Clock, _clockTimers, nowMicros, output, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        _cells!.WriteChanged(_table!, _place!.Keys, _place.OperatorId);
        _files!.WriteChanged(_table!);
        if (_cells.TryCompact())
        {
            _eventTimers!.Reload();
            _clockTimers?.Reload();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _builder?.Dispose();
        _files?.Dispose();
        return base.DisposeAsync();
    }

    private static FlowException Bad(OperatorDefinition definition, string problem) => new(FlowErrorCode.BadGraph, $"Process operator '{definition.Id}' {problem}.");

    private async ValueTask FireAsync(TimerKind kind, KeyTimers timers, long nowMicros, IOperatorOutput output, CancellationToken cancellationToken)
    {
        var isMore = _files!.TakeBackDue(timers, nowMicros, out var until);
        while (true)
        {
            var round = timers.NextRound(until);
            if (round.Count == 0)
            {
                if (!isMore)
                {
                    break;
                }

                // Numbers of keys change here, of which a round has some.
                await _files.MakeRoomAsync(cancellationToken);
                isMore = _files.TakeBackDue(timers, nowMicros, out until);
                continue;
            }

            using var keys = _cells!.Keys([.. round.Select(timer => timer.Key)]);
            for (var i = 0; i < round.Count; i++)
            {
                var (timeMicros, key) = round[i];
                if (!timers.Remove(timeMicros, key))
                {
                    continue;
                }

                _context!.MoveTo(keys, i, key);
                _context.Firing = (kind, timeMicros);
                try
                {
                    _function.OnTimer(_context, kind, timeMicros);
                }
                catch (Exception exception) when (exception is not FlowException and not OperationCanceledException)
                {
                    throw Failed($"its timer at {timeMicros} us", exception);
                }

                _context.Firing = null;
                await FlushAsync(OutputRowsMax, output, cancellationToken);
            }
        }

        await FlushAsync(1, output, cancellationToken);
    }

    private async ValueTask RestoreAsync(RecordBatch log, CancellationToken cancellationToken)
    {
        var columns = Enumerable.Range(0, _keyColumns.Length).ToArray();
        for (var from = 0; from < log.RowCount; from += RestoredRowsMax)
        {
            using var rows = log.Slice(from, Math.Min(RestoredRowsMax, log.RowCount - from));
            using var keys = KeysOf(rows, columns);
            await _files!.MakeRoomAsync(cancellationToken);
            _files.TakeBack(keys);
            _cells!.Restore(rows);
        }
    }

    private RecordBatch KeysOf(RecordBatch batch, int[] columns) => new(_keySchema, [.. columns.Select(column => batch.Column(column).Retain())], batch.RowCount);

    private ValueTask FlushAsync(int rowsMin, IOperatorOutput output, CancellationToken cancellationToken) =>
        _builder!.RowCount >= rowsMin ? output.EmitAsync(BuildRows(), cancellationToken) : ValueTask.CompletedTask;

    private RecordBatch BuildRows()
    {
        try
        {
            return _builder!.Build();
        }
        catch (InvalidOperationException exception)
        {
            throw Failed("its output", exception);
        }
    }

    private FlowException Failed(string at, Exception exception) => new(
        FlowErrorCode.UnexpectedError, $"Function {_function.GetType().Name} of operator '{_place!.OperatorId}' failed at {at}: {exception.Message}", exception);
}
