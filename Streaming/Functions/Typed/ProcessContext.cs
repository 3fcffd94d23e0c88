using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>State, timers and output of a <see cref="ProcessFunction{TKey, TIn, TOut}"/>, for the key of the call. Not to be used after the call.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TOut">The records that go out.</typeparam>
public sealed class ProcessContext<TKey, TOut>
{
    private readonly RecordReader<TKey> _keys;
    private readonly RecordWriter<TOut> _writer;
    private ProcessContext _plain = null!;
    private long _timeMicros;

    internal ProcessContext(RecordReader<TKey> keys, RecordWriter<TOut> writer) => (_keys, _writer) = (keys, writer);

    /// <summary>The key of the call.</summary>
    public TKey Key
    {
        get
        {
            _keys.Begin(_plain.Keys);
            return _keys.Read(_plain.KeyRow);
        }
    }

    /// <summary>The event time of the row or of the timer.</summary>
    public DateTime Time => ColumnCells.TimeOf(_timeMicros);

    /// <summary>The event time that has been reached; null before the first watermark. <see cref="DateTime.MaxValue"/> after the end of the data.</summary>
    public DateTime? Watermark => _plain.WatermarkMicros is { } micros ? micros == long.MaxValue ? DateTime.MaxValue : ColumnCells.TimeOf(micros) : null;

    /// <summary>The time of the machine.</summary>
    public DateTimeOffset Now => _plain.Now;

    internal long TimeMicros => _timeMicros;

    internal ProcessContext Plain => _plain;

    /// <summary>Gives a record out.</summary>
    /// <param name="record">The record.</param>
    /// <param name="time">Its event time; null: <see cref="Time"/>.</param>
    public void Emit(TOut record, DateTime? time = null) => _writer.Write(_plain.Output, record, time is { } other ? ColumnCells.MicrosOf(other) : _timeMicros);

    /// <summary>A single value of the key.</summary>
    /// <param name="name">Its name in the function; not empty.</param>
    public ValueState<T> Value<T>(string name) => _plain.Value<T>(name);

    /// <summary>A list of the key.</summary>
    /// <param name="name">Its name in the function; not empty.</param>
    public ListState<T> List<T>(string name) => _plain.List<T>(name);

    /// <summary>A map of the key.</summary>
    /// <param name="name">Its name in the function; not empty.</param>
    public MapState<TEntry, TValue> Map<TEntry, TValue>(string name)
        where TEntry : notnull => _plain.Map<TEntry, TValue>(name);

    /// <summary>Sets a timer of the key; a second one of the same kind and time changes nothing.</summary>
    /// <exception cref="FlowException">As of <see cref="ProcessContext.SetTimer"/>.</exception>
    public void SetTimer(TimerKind kind, DateTime time) => _plain.SetTimer(kind, ColumnCells.MicrosOf(time));

    /// <summary>Takes a timer of the key back.</summary>
    /// <returns>Whether it was set.</returns>
    public bool RemoveTimer(TimerKind kind, DateTime time) => _plain.RemoveTimer(kind, ColumnCells.MicrosOf(time));

    internal ProcessContext<TKey, TOut> MoveTo(ProcessContext plain, long timeMicros)
    {
        (_plain, _timeMicros) = (plain, timeMicros);
        return this;
    }
}
