using System.Globalization;

namespace OrleansFlow.StreamJobs;

/// <summary>How event time is cut into windows. Lengths are whole microseconds above zero; they are checked with the job.</summary>
public sealed record JobWindow
{
    private JobWindow(string function, TimeSpan first, TimeSpan? second) => (Function, First, Second) = (function, first, second);

    internal string Function { get; }

    internal TimeSpan First { get; }

    internal TimeSpan? Second { get; }

    /// <summary>Windows side by side; they begin at multiples of the width since 1970-01-01.</summary>
    public static JobWindow Tumbling(TimeSpan width) => new("tumble", width, null);

    /// <summary>Windows that begin every slide, and overlap.</summary>
    /// <param name="slide">From one beginning to the next.</param>
    /// <param name="width">A multiple of the slide.</param>
    public static JobWindow Hopping(TimeSpan slide, TimeSpan width) => new("hop", slide, width);

    /// <summary>Windows that grow by a step from the same beginning, up to the width.</summary>
    /// <param name="step">From one end to the next.</param>
    /// <param name="width">A multiple of the step.</param>
    public static JobWindow Cumulating(TimeSpan step, TimeSpan width) => new("cumulate", step, width);

    /// <summary>Windows of rows of a key that are less than the gap apart.</summary>
    public static JobWindow Session(TimeSpan gap) => new("session", gap, null);

    /// <summary>As SQL calls it.</summary>
    internal string ToSql() => Second is { } second ? $"{Function}({SqlText.Interval(First)}, {SqlText.Interval(second)})" : $"{Function}({SqlText.Interval(First)})";

    /// <summary>As options of a table of a function.</summary>
    internal IEnumerable<(string Name, string Value)> ToOptions()
    {
        yield return ("window", Function);
        if (Second is { } second)
        {
            yield return (Function == "hop" ? "slide" : "step", Milliseconds(First));
            yield return ("width", Milliseconds(second));
        }
        else
        {
            yield return (Function == "session" ? "gap" : "width", Milliseconds(First));
        }
    }

    /// <summary>What is wrong with it; null for nothing.</summary>
    internal string? Problem()
    {
        foreach (var length in (TimeSpan[])[First, Second ?? First])
        {
            if (length <= TimeSpan.Zero || length.Ticks % TimeSpan.TicksPerMicrosecond != 0)
            {
                return $"{Function} has the length {length}; lengths are whole microseconds above zero.";
            }
        }

        return Second is { } width && (width < First || width.Ticks % First.Ticks != 0)
            ? $"{Function} has the width {width}, which is no multiple of its {(Function == "hop" ? "slide" : "step")} {First}."
            : null;
    }

    private static string Milliseconds(TimeSpan length) => length.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture) + " ms";
}
