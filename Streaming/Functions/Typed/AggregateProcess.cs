using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>Runs an aggregate function by key and window: accumulators are state by key, by the end of their window, at which a timer takes them out.</summary>
internal sealed class AggregateProcess<TKey, TIn, TAccumulator, TOut> : ProcessFunction
{
    private readonly AggregateFunction<TKey, TIn, TAccumulator, TOut> _function;
    private readonly AggregateFunctionConfig _config;
    private readonly RecordReader<TIn> _reader;
    private readonly RecordReader<TKey> _keys;
    private readonly RecordWriter<TOut> _writer;
    private readonly int _time;
    private RecordBatch? _batch;

    public AggregateProcess(OperatorDefinition definition, AggregateFunctionConfig config, AggregateFunction<TKey, TIn, TAccumulator, TOut> function)
    {
        (_function, _config) = (function, config);
        var (input, output) = FunctionSchemas.Of(definition);
        _reader = new RecordReader<TIn>(input, definition.Id);
        _keys = FunctionSchemas.KeyReader<TKey>(definition, input, config.KeyColumns);
        _writer = new RecordWriter<TOut>(output, definition.Id);
        _time = EventTime.IndexIn(input, definition.Id);
        Check(definition.Id);
    }

    public override void ProcessRow(ProcessContext context, RecordBatch rows, int row)
    {
        if (!ReferenceEquals(rows, _batch))
        {
            _reader.Begin(rows);
            _batch = rows;
        }

        var (value, at) = (_reader.Read(row), rows.Column<TimestampArray>(_time).Values[row]);
        switch (_config.WindowCase)
        {
            case AggregateFunctionConfig.WindowOneofCase.Tumbling:
                var start = Floor(at, _config.Tumbling.WidthMicros);
                Add(context, start, start + _config.Tumbling.WidthMicros, value);
                break;
            case AggregateFunctionConfig.WindowOneofCase.Hopping:
                var (slide, width) = (_config.Hopping.SlideMicros, _config.Hopping.WidthMicros);
                for (var first = Floor(at, slide); first > at - width; first -= slide)
                {
                    Add(context, first, first + width, value);
                }

                break;
            case AggregateFunctionConfig.WindowOneofCase.Cumulating:
                var (step, begin) = (_config.Cumulating.StepMicros, Floor(at, _config.Cumulating.WidthMicros));
                for (var end = Floor(at, step) + step; end <= begin + _config.Cumulating.WidthMicros; end += step)
                {
                    Add(context, begin, end, value);
                }

                break;
            default:
                AddToSession(context, at, value);
                break;
        }
    }

    public override void OnTimer(ProcessContext context, TimerKind kind, long timeMicros)
    {
        var open = context.Map<long, Open>("windows");
        if (!open.TryGet(timeMicros, out var window))
        {
            return;
        }

        open.Remove(timeMicros);
        _keys.Begin(context.Keys);
        var span = new WindowSpan(ColumnCells.TimeOf(window!.Start), ColumnCells.TimeOf(timeMicros));
        _writer.Write(context.Output, _function.Result(_keys.Read(context.KeyRow), span, window.Accumulator), timeMicros - 1);
    }

    // Windows begin at multiples of their width since 1970, before it, too.
    private static long Floor(long micros, long width) => micros - (((micros % width) + width) % width);

    private static bool IsLate(ProcessContext context, long end) => context.WatermarkMicros is { } reached && end <= reached;

    private void Add(ProcessContext context, long start, long end, TIn value)
    {
        if (IsLate(context, end))
        {
            return;
        }

        var open = context.Map<long, Open>("windows");
        var accumulator = open.TryGet(end, out var window) ? window!.Accumulator : _function.Create();
        open.Set(end, new Open(start, _function.Add(accumulator, value)));
        context.SetTimer(TimerKind.EventTime, end);
    }

    private void AddToSession(ProcessContext context, long at, TIn value)
    {
        var (start, end) = (at, at + _config.Session.GapMicros);
        var open = context.Map<long, Open>("windows");
        var accumulator = _function.Add(_function.Create(), value);
        foreach (var (otherEnd, other) in open.Entries)
        {
            if (other!.Start < end && start < otherEnd)
            {
                open.Remove(otherEnd);
                context.RemoveTimer(TimerKind.EventTime, otherEnd);
                accumulator = _function.Merge(other.Accumulator, accumulator);
                (start, end) = (Math.Min(start, other.Start), Math.Max(end, otherEnd));
            }
        }

        if (!IsLate(context, end))
        {
            open.Set(end, new Open(start, accumulator));
            context.SetTimer(TimerKind.EventTime, end);
        }
    }

    private void Check(string operatorId)
    {
        var (part, width) = _config.WindowCase switch
        {
            AggregateFunctionConfig.WindowOneofCase.Tumbling => (_config.Tumbling.WidthMicros, _config.Tumbling.WidthMicros),
            AggregateFunctionConfig.WindowOneofCase.Hopping => (_config.Hopping.SlideMicros, _config.Hopping.WidthMicros),
            AggregateFunctionConfig.WindowOneofCase.Cumulating => (_config.Cumulating.StepMicros, _config.Cumulating.WidthMicros),
            AggregateFunctionConfig.WindowOneofCase.Session => (_config.Session.GapMicros, _config.Session.GapMicros),
            _ => (0, 0),
        };
        if (part < 1 || width < part || width % part != 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, FormattableString.Invariant($"Function operator '{operatorId}' has a window of {width} us in parts of {part} us; both are above zero, and the width is a multiple of the part."));
        }
    }

    /// <summary>A window that is not complete.</summary>
    internal sealed record Open(long Start, TAccumulator Accumulator);
}
