namespace OrleansFlow.Streaming.Dataflow;

/// <summary>A promise of an input: no row with an earlier event time follows; or that nothing is to be expected of it for now.</summary>
public readonly record struct Watermark
{
    /// <summary>The input is idle: it holds nobody back until it speaks again.</summary>
    public static readonly Watermark Idle = new(long.MinValue, isIdle: true);

    /// <summary>No row follows at all.</summary>
    public static readonly Watermark End = At(long.MaxValue);

    private Watermark(long eventTimeMicros, bool isIdle)
    {
        EventTimeMicros = eventTimeMicros;
        IsIdle = isIdle;
    }

    /// <summary>Microseconds since 1970-01-01 UTC; without meaning when idle.</summary>
    public long EventTimeMicros { get; }

    /// <summary>Whether the input is idle.</summary>
    public bool IsIdle { get; }

    /// <summary>Whether nothing follows.</summary>
    public bool IsEnd => !IsIdle && EventTimeMicros == long.MaxValue;

    /// <summary>A watermark at an event time.</summary>
    /// <param name="eventTimeMicros">Microseconds since 1970-01-01 UTC.</param>
    public static Watermark At(long eventTimeMicros) => new(eventTimeMicros, isIdle: false);

    /// <inheritdoc/>
    public override string ToString() => IsIdle ? "idle" : IsEnd ? "end" : $"{EventTimeMicros} us";
}
