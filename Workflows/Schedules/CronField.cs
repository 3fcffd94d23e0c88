using System.Globalization;
using System.Numerics;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Schedules;

/// <summary>One field of a cron expression: the values it allows, a bit each.</summary>
internal readonly record struct CronField(ulong Bits, bool IsAny)
{
    public bool Contains(int value) => (Bits & (1UL << value)) != 0;

    /// <summary>The smallest allowed value that is not below; -1 where there is none.</summary>
    public int From(int value)
    {
        var rest = value > 63 ? 0 : Bits & (ulong.MaxValue << value);
        return rest == 0 ? -1 : BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>Reads lists, ranges, steps and names: <c>*</c>, <c>1,15</c>, <c>mon-fri</c>, <c>*/5</c>, <c>10-40/10</c>.</summary>
    public static CronField Parse(string text, string name, int least, int most, string[]? names = null)
    {
        var bits = 0UL;
        foreach (var part in text.Split(','))
        {
            var slash = part.IndexOf('/', StringComparison.Ordinal);
            var step = slash < 0 ? 1 : Number(part[(slash + 1)..], text, name, 1, most, null);
            var range = slash < 0 ? part : part[..slash];
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            var first = range == "*" ? least : Number(dash < 0 ? range : range[..dash], text, name, least, most, names);
            var last = range == "*" || (dash < 0 && slash >= 0) ? most : dash < 0 ? first : Number(range[(dash + 1)..], text, name, least, most, names);
            if (last < first)
            {
                throw Faulty(text, name, $"the range {range} runs backwards");
            }

            for (var value = first; value <= last; value += step)
            {
                bits |= 1UL << value;
            }
        }

        return new CronField(bits, text.StartsWith('*'));
    }

    private static int Number(string text, string field, string name, int least, int most, string[]? names)
    {
        var named = names is null ? -1 : Array.FindIndex(names, candidate => candidate.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (named >= 0)
        {
            return named + least;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw Faulty(field, name, $"'{text}' is not {least} to {most}");
    }

    private static FlowException Faulty(string field, string name, string why) =>
        new(FlowErrorCode.BadInput, $"The {name} field '{field}' of a cron expression is wrong: {why}.");
}
