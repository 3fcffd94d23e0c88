using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>Which windows a pane (a tumbling window, a slide, a step) is in: those that end one, two, ... panes behind its start, up to the last one.</summary>
internal sealed class WindowPanes
{
    private readonly long _widthMicros;
    private readonly bool _isCumulating;

    private WindowPanes(long paneMicros, long widthMicros, bool isCumulating)
    {
        (PaneMicros, _widthMicros, _isCumulating) = (paneMicros, widthMicros, isCumulating);
        if (widthMicros < paneMicros || widthMicros % paneMicros != 0)
        {
            throw new ArgumentException($"a width of {widthMicros} us is no multiple of {paneMicros} us");
        }
    }

    /// <summary>Width of a pane in microseconds.</summary>
    public long PaneMicros { get; }

    /// <summary>Reads a window.</summary>
    /// <exception cref="ArgumentException">It is a session, which has no panes, or none, or a length is wrong.</exception>
    public static WindowPanes Of(WindowConfig config) => config.WindowCase switch
    {
        WindowConfig.WindowOneofCase.Tumbling => new(Checked(config.Tumbling.WidthMicros), config.Tumbling.WidthMicros, isCumulating: false),
        WindowConfig.WindowOneofCase.Hopping => new(Checked(config.Hopping.SlideMicros), Checked(config.Hopping.WidthMicros), isCumulating: false),
        WindowConfig.WindowOneofCase.Cumulating => new(Checked(config.Cumulating.StepMicros), Checked(config.Cumulating.WidthMicros), isCumulating: true),
        _ => throw new ArgumentException($"a window of kind {config.WindowCase} does not change; it is tumbling, hopping, cumulating or a session"),
    };

    /// <summary>The end of the last window that a pane is in.</summary>
    public long LastEndOf(long pane) => _isCumulating ? StartOf(pane + PaneMicros) + _widthMicros : pane + _widthMicros;

    /// <summary>The first moment of the window that ends at a moment.</summary>
    public long StartOf(long end)
    {
        if (!_isCumulating)
        {
            return end - _widthMicros;
        }

        var rest = (end - 1) % _widthMicros;
        return end - 1 - (rest < 0 ? rest + _widthMicros : rest);
    }

    private static long Checked(long micros)
    {
        WindowOperator.Span(micros);
        return micros;
    }
}
