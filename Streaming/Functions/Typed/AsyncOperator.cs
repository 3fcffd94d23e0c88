using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>
/// Runs an async function: calls are under way while rows come, up to a number; then the subtask waits, and with it those that send to it. Barriers do not wait for calls: rows
/// whose calls are under way are in the table <c>a</c>, and are called again after a restore, before all others.
/// </summary>
internal sealed class AsyncOperator<TIn, TOut> : StreamOperator
{
    private const string TableName = "a";
    private const int OutputRowsMax = 8_192;

    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private static readonly ArrowSchema LogSchema = new(
    [
        new ArrowField("_id", ArrowType.UInt64, isNullable: false),
        new ArrowField("_row", ArrowType.Binary, isNullable: false),
        new ArrowField("_time", ArrowType.Int64, isNullable: false),
        new ArrowField(RowTableOptions.DeletedColumn, ArrowType.Boolean, isNullable: false),
    ]);

    private readonly string _id;
    private readonly AsyncFunctionConfig _config;
    private readonly AsyncFunction<TIn, TOut> _function;
    private readonly RecordReader<TIn> _reader;
    private readonly RecordWriter<TOut> _writer;
    private readonly ArrowSchema _output;
    private readonly int _time;
    private readonly PendingCalls<TIn, TOut> _pending;
    private readonly HashSet<ulong> _used = [];
    private readonly List<ulong> _gone = [];
    private readonly Queue<PendingCall<TIn, TOut>> _waiting = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<bool> _ended = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private AsyncCaller<TIn, TOut>? _caller;
    private RecordBatchBuilder? _builder;
    private IRowTable? _table;
    private OperatorContext? _place;
    private ulong _next;

    /// <summary>Makes one from a program.</summary>
    /// <exception cref="FlowException">The rows do not fit the records, or the config is wrong (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public AsyncOperator(OperatorDefinition definition, AsyncFunctionConfig config, AsyncFunction<TIn, TOut> function)
    {
        (_id, _config, _function) = (definition.Id, config, function);
        if (config.TimeoutMicros < 1 || config.InFlightMax is < 1 or > AsyncLimits.InFlightMax || config.AttemptsMax is < 1 or > AsyncLimits.AttemptsMax || config.RetryDelayMicros < 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"Function operator '{_id}' is told {config}; the time is 1 us or more, calls are 1 to {AsyncLimits.InFlightMax}, attempts 1 to {AsyncLimits.AttemptsMax}.");
        }

        (var input, _output) = FunctionSchemas.Of(definition);
        _reader = new RecordReader<TIn>(input, _id);
        _writer = new RecordWriter<TOut>(_output, _id);
        _time = EventTime.IndexIn(input, _id);
        _pending = new PendingCalls<TIn, TOut>(config.Order != AsyncOrder.Unordered);
    }

    /// <summary>How soon rows leave whose calls end while nothing comes in.</summary>
    public override TimeSpan? TickInterval => TimeSpan.FromMilliseconds(10);

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _place = context;
        _next = context.Keys.Min;
        _builder = new RecordBatchBuilder(_output, context.Allocator);
        _caller = new AsyncCaller<TIn, TOut>(_function, _config, context.Clock, () => _ended.Writer.TryWrite(true));
        _table = await context.State.OpenRowsAsync(TableName, new RowTableOptions { Kind = TableKind.Keyed, Schema = LogSchema, KeyColumns = [0], HashColumn = 0 }, cancellationToken);
        var restored = new SortedDictionary<ulong, PendingCall<TIn, TOut>>();
        await foreach (var rows in _table.RestoreAsync(cancellationToken))
        {
            using (rows)
            {
                Restore(rows, restored);
            }
        }

        foreach (var call in restored.Values)
        {
            // There may be more than may be under way, where several subtasks become one; those begin as others leave.
            _used.Add(call.Id);
            _next = call.Id;
            _pending.Add(call);
            _waiting.Enqueue(call);
        }

        StartWaiting();
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        using var rows = batch;
        _reader.Begin(batch);
        for (var row = 0; row < batch.RowCount; row++)
        {
            await DrainAsync((int)_config.InFlightMax - 1, output, cancellationToken);
            var call = new PendingCall<TIn, TOut>(NextId(), _reader.Read(row), batch.Column<TimestampArray>(_time).Values[row]);
            _pending.Add(call);
            _waiting.Enqueue(call);
            StartWaiting();
        }

        await EmitReadyAsync(output, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        _pending.Add(watermark);
        if (watermark.IsEnd)
        {
            await DrainAsync(0, output, cancellationToken);
        }

        await EmitReadyAsync(output, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken) => EmitReadyAsync(output, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask OnEndAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        await DrainAsync(0, output, cancellationToken);
        await EmitReadyAsync(output, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        using var log = new RecordBatchBuilder(LogSchema, _place!.Allocator);
        foreach (var id in _gone)
        {
            Log(log, id, [], 0, isGone: true);
        }

        _gone.Clear();
        foreach (var call in _pending.All)
        {
            if (!call.IsStored)
            {
                Log(log, call.Id, JsonSerializer.SerializeToUtf8Bytes(call.Row, Json), call.TimeMicros, isGone: false);
                call.IsStored = true;
            }
        }

        if (log.RowCount > 0)
        {
            _table!.Append(log.Build());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var call in _pending.All)
        {
            // It ends with its token, and what came of it is in it.
            await call.Call;
        }

        await _function.DisposeAsync();
        _stopping.Dispose();
        _builder?.Dispose();
        await base.DisposeAsync();
    }

    private static void Log(RecordBatchBuilder log, ulong id, byte[] row, long timeMicros, bool isGone)
    {
        log.Column<UInt64Builder>(0).Append(id);
        log.Column<BinaryBuilder>(1).Append(row);
        log.Column<Int64Builder>(2).Append(timeMicros);
        log.Column<BooleanBuilder>(3).Append(isGone);
    }

    private static void Restore(RecordBatch rows, SortedDictionary<ulong, PendingCall<TIn, TOut>> restored)
    {
        for (var row = 0; row < rows.RowCount; row++)
        {
            var id = rows.Column<UInt64Array>(0).Values[row];
            if (rows.Column<BooleanArray>(3).GetBoolean(row))
            {
                restored.Remove(id);
            }
            else
            {
                var value = JsonSerializer.Deserialize<TIn>(rows.Column<BinaryArray>(1).GetBytes(row), Json)!;
                restored[id] = new PendingCall<TIn, TOut>(id, value, rows.Column<Int64Array>(2).Values[row]) { IsStored = true };
            }
        }
    }

    /// <summary>A number of this subtask's that no row under way has; rows go on from the last one, so that their order is that of the numbers.</summary>
    private ulong NextId()
    {
        var keys = _place!.Keys;
        while (!_used.Add(_next))
        {
            _next = _next == keys.Max ? keys.Min : _next + 1;
        }

        return _next;
    }

    private void StartWaiting()
    {
        while (_waiting.Count > 0 && _pending.Count - _waiting.Count < _config.InFlightMax)
        {
            _caller!.Start(_waiting.Dequeue(), _stopping.Token);
        }
    }

    /// <summary>Waits until so many calls are left at most, and gives out those that end.</summary>
    private async ValueTask DrainAsync(int leftMax, IOperatorOutput output, CancellationToken cancellationToken)
    {
        while (_pending.Count > leftMax)
        {
            await EmitReadyAsync(output, cancellationToken);
            if (_pending.Count > leftMax)
            {
                await _ended.Reader.ReadAsync(cancellationToken);
            }
        }
    }

    /// <summary>Gives out what is ready, and the watermarks that nothing is before any more.</summary>
    private async ValueTask EmitReadyAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_pending.TryTake() is { } call)
            {
                Take(call);
                await FlushAsync(OutputRowsMax, output, cancellationToken);
            }
            else if (_pending.TryTakeWatermark() is { } watermark)
            {
                await FlushAsync(1, output, cancellationToken);
                await output.EmitWatermarkAsync(watermark, cancellationToken);
            }
            else
            {
                await FlushAsync(1, output, cancellationToken);
                return;
            }
        }
    }

    private void Take(PendingCall<TIn, TOut> call)
    {
        _used.Remove(call.Id);
        if (call.IsStored)
        {
            _gone.Add(call.Id);
        }

        StartWaiting();
        if (call.Failure is { } failure)
        {
            throw new FlowException(FlowErrorCode.UnexpectedError, $"Function {_function.GetType().Name} of operator '{_id}' failed at a row: {failure.Message}", failure);
        }

        if (call.Result is { } result)
        {
            _writer.Write(_builder!, result, call.TimeMicros);
        }
    }

    private ValueTask FlushAsync(int rowsMin, IOperatorOutput output, CancellationToken cancellationToken) =>
        _builder!.RowCount >= rowsMin ? output.EmitAsync(_builder.Build(), cancellationToken) : ValueTask.CompletedTask;
}
