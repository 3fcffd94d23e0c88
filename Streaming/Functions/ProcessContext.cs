using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Functions;

/// <summary>State, timers and output of a <see cref="ProcessFunction"/>, for the key of the call. Not to be used after the call.</summary>
public sealed class ProcessContext
{
    private readonly string _operatorId;
    private readonly KeyTimers _eventTimers;
    private readonly KeyTimers? _clockTimers;
    private readonly TimeProvider _clock;

    internal ProcessContext(string operatorId, StateCells cells, KeyTimers eventTimers, KeyTimers? clockTimers, RecordBatchBuilder output, TimeProvider clock)
    {
        (_operatorId, Cells, _eventTimers, _clockTimers, Output, _clock) = (operatorId, cells, eventTimers, clockTimers, output, clock);
    }

    /// <summary>Where results go: append to every column, for as many rows as there are results.</summary>
    public RecordBatchBuilder Output { get; }

    /// <summary>The keys at hand, by the names of the key columns; <see cref="KeyRow"/> is that of the call. Valid during the call.</summary>
    public RecordBatch Keys { get; private set; } = null!;

    /// <summary>Which row of <see cref="Keys"/>, from 0.</summary>
    public int KeyRow { get; private set; }

    /// <summary>The event time that has been reached, in microseconds since 1970-01-01 UTC; null before the first watermark. After the end of the data <see cref="long.MaxValue"/>.</summary>
    public long? WatermarkMicros { get; internal set; }

    /// <summary>The time of the machine. After a restore it has moved on, so what depends on it is not repeated exactly.</summary>
    public DateTimeOffset Now => _clock.GetUtcNow();

    internal StateCells Cells { get; }

    internal int Key { get; private set; }

    internal (TimerKind Kind, long TimeMicros)? Firing { get; set; }

    /// <summary>A single value.</summary>
    /// <param name="name">Its name in the function; not empty.</param>
    public ValueState<T> Value<T>(string name) => new(this, StateName("v:", name));

    /// <summary>A list.</summary>
    /// <param name="name">Its name in the function; not empty.</param>
    public ListState<T> List<T>(string name) => new(this, StateName("l:", name));

    /// <summary>A map.</summary>
    /// <param name="name">Its name in the function; not empty.</param>
    public MapState<TKey, TValue> Map<TKey, TValue>(string name)
        where TKey : notnull => new(this, StateName("m:", name));

    /// <summary>
    /// Sets a timer of this key; a second one of the same kind and time changes nothing. One that is due already fires with the next watermark, or
    /// tick of the clock. A timer may set later ones, which fire in their order; what is set while the data ends is dropped.
    /// </summary>
    /// <param name="kind">By which time.</param>
    /// <param name="timeMicros">Microseconds since 1970-01-01 UTC; inside <see cref="ProcessFunction.OnTimer"/> later than the timer of that kind that fires.</param>
    /// <exception cref="FlowException">
    /// The function does not say that it uses the clock (<see cref="FlowErrorCode.Unsupported"/>), or the timer that fires is not earlier (<see cref="FlowErrorCode.BadInput"/>).
    /// </exception>
    public void SetTimer(TimerKind kind, long timeMicros)
    {
        var timers = Timers(kind);
        if (Firing is var (firingKind, firingMicros) && firingKind == kind && timeMicros <= firingMicros)
        {
            throw new FlowException(
                FlowErrorCode.BadInput, $"The function of operator '{_operatorId}' sets a timer at {timeMicros} us while its timer at {firingMicros} us fires; set a later one.");
        }

        timers.Set(timeMicros, Key);
    }

    /// <summary>Takes a timer of this key back.</summary>
    /// <returns>Whether it was set.</returns>
    /// <exception cref="FlowException">The function does not say that it uses the clock (<see cref="FlowErrorCode.Unsupported"/>).</exception>
    public bool RemoveTimer(TimerKind kind, long timeMicros) => Timers(kind).Remove(timeMicros, Key);

    internal void MoveTo(RecordBatch keys, int keyRow, int key) => (Keys, KeyRow, Key) = (keys, keyRow, key);

    private static string StateName(string prefix, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return prefix + name;
    }

    private KeyTimers Timers(TimerKind kind) => kind switch
    {
        TimerKind.EventTime => _eventTimers,
        TimerKind.Clock when _clockTimers is not null => _clockTimers,
        _ => throw new FlowException(
            FlowErrorCode.Unsupported, $"The function of operator '{_operatorId}' sets a timer of kind {kind}, but does not say so; override {nameof(ProcessFunction.UsesClock)}."),
    };
}
