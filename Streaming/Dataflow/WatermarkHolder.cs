namespace OrleansFlow.Streaming.Dataflow;

/// <summary>
/// Joins the watermarks of several inputs to one: the smallest event time of those that have one. Idle inputs hold nobody back; if all
/// are idle, so is the result. Before every input has reported there is none. What comes out never goes back.
/// </summary>
/// <remarks>Not thread-safe. O(inputs) a report, no allocation. Model: Akidau et al., "The Dataflow Model", PVLDB 8(12), 2015.</remarks>
public sealed class WatermarkHolder
{
    private readonly Watermark?[] _inputs;
    private int _silentCount;

    /// <summary>Makes a holder without any report.</summary>
    /// <param name="inputCount">At least 1.</param>
    /// <param name="floorMicros">What came out before a restart: nothing below it comes out. Null for none.</param>
    public WatermarkHolder(int inputCount, long? floorMicros = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputCount, 1);
        _inputs = new Watermark?[inputCount];
        _silentCount = inputCount;
        LastEventTimeMicros = floorMicros;
    }

    /// <summary>What came out last; null for nothing.</summary>
    public Watermark? Current { get; private set; }

    /// <summary>The last event time that came out, or the floor, in microseconds; kept while all inputs are idle. Null for none.</summary>
    public long? LastEventTimeMicros { get; private set; }

    /// <summary>Takes a report.</summary>
    /// <param name="input">Which input.</param>
    /// <param name="watermark">What it says.</param>
    /// <returns>What has to go on; null when nothing changed.</returns>
    public Watermark? Report(int input, Watermark watermark)
    {
        _silentCount -= _inputs[input] is null ? 1 : 0;
        _inputs[input] = watermark;
        if (_silentCount > 0)
        {
            return null;
        }

        var joined = Join();
        if (!joined.IsIdle)
        {
            joined = Watermark.At(Math.Max(joined.EventTimeMicros, LastEventTimeMicros ?? long.MinValue));
            LastEventTimeMicros = joined.EventTimeMicros;
        }

        if (joined == Current)
        {
            return null;
        }

        Current = joined;
        return joined;
    }

    private Watermark Join()
    {
        var least = Watermark.Idle;
        foreach (var input in _inputs)
        {
            if (input is { IsIdle: false } watermark && (least.IsIdle || watermark.EventTimeMicros < least.EventTimeMicros))
            {
                least = watermark;
            }
        }

        return least;
    }
}
