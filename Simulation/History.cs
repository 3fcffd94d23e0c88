using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation;

/// <summary>What happened, line by line, with the virtual time first. Lines are only made when somebody wants to read them.</summary>
internal sealed class History(SimulationKernel kernel, bool isKept)
{
    private readonly List<string> _lines = [];

    /// <summary>Whether lines are kept.</summary>
    public bool IsKept => isKept;

    /// <summary>The lines.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Adds a line.</summary>
    public void Add([InterpolatedStringHandlerArgument("")] ref Line line)
    {
        if (isKept)
        {
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{kernel.Now.TotalSeconds,12:0.000000}  {line.ToText()}"));
        }
    }

    /// <summary>Formats a line only if it is kept.</summary>
    [InterpolatedStringHandler]
    internal ref struct Line
    {
        private DefaultInterpolatedStringHandler _text;

        public Line(int literalLength, int formattedCount, History history, out bool isEnabled)
        {
            isEnabled = history.IsKept;
            _text = isEnabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture) : default;
        }

        public void AppendLiteral(string text) => _text.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

        public string ToText() => _text.ToStringAndClear();
    }
}
