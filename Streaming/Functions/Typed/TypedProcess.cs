using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>A typed function as one over batches.</summary>
internal sealed class TypedProcess<TKey, TIn, TOut> : ProcessFunction
{
    private readonly ProcessFunction<TKey, TIn, TOut> _function;
    private readonly RecordReader<TIn> _reader;
    private readonly ProcessContext<TKey, TOut> _context;
    private readonly int _time;
    private RecordBatch? _batch;

    public TypedProcess(OperatorDefinition definition, IReadOnlyList<string> keyColumns, ProcessFunction<TKey, TIn, TOut> function)
    {
        _function = function;
        var (input, output) = FunctionSchemas.Of(definition);
        _reader = new RecordReader<TIn>(input, definition.Id);
        _time = EventTime.IndexIn(input, definition.Id);
        _context = new ProcessContext<TKey, TOut>(FunctionSchemas.KeyReader<TKey>(definition, input, keyColumns), new RecordWriter<TOut>(output, definition.Id));
    }

    public override bool UsesClock => _function.UsesClock;

    public override void ProcessRow(ProcessContext context, RecordBatch rows, int row)
    {
        if (!ReferenceEquals(rows, _batch))
        {
            _reader.Begin(rows);
            _batch = rows;
        }

        _function.ProcessRow(_reader.Read(row), _context.MoveTo(context, rows.Column<TimestampArray>(_time).Values[row]));
    }

    public override void OnTimer(ProcessContext context, TimerKind kind, long timeMicros)
    {
        // By the clock, or at the end of the data, a timer's time may be ahead of event time, and rows behind a window's end must not be.
        var eventMicros = kind == TimerKind.Clock ? Math.Min(timeMicros, context.WatermarkMicros ?? timeMicros) : timeMicros;
        _function.OnTimer(kind, ColumnCells.TimeOf(timeMicros), _context.MoveTo(context, eventMicros));
    }
}
