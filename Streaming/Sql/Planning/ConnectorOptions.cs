using System.Buffers;
using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>An option of a connector.</summary>
/// <param name="Name">In lower case; <c>kafka.*</c> stands for all that begin with <c>kafka.</c>, whose names only the connector knows.</param>
/// <param name="Meaning">What it says, with its unit, range and default; a sentence for the documentation.</param>
public sealed record ConnectorOption(string Name, string Meaning);

/// <summary>The options of a table, read by their names. A wrong one is told with its table, name and value.</summary>
public sealed class ConnectorOptions
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private readonly CreateTableStatement _table;

    /// <summary>Takes the options of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="known">The options that its connector has, besides <c>connector</c>.</param>
    /// <exception cref="FlowException">It has one that the connector does not know (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public ConnectorOptions(CreateTableStatement table, IReadOnlyList<ConnectorOption> known)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(known);
        _table = table;
        foreach (var name in table.Options.Keys)
        {
            if (name != "connector" && !known.Any(option => option.Name == name || (option.Name.EndsWith(".*", StringComparison.Ordinal) && name.StartsWith(option.Name[..^1], StringComparison.Ordinal))))
            {
                throw Bad($"connector {table.Options.GetValueOrDefault("connector")} has no option {name}; it has: {(known.Count == 0 ? "none" : string.Join(", ", known.Select(option => option.Name).Order(StringComparer.Ordinal)))}");
            }
        }
    }

    /// <summary>Names of the columns of the table's primary key; none: it has none.</summary>
    public IReadOnlyList<string> PrimaryKey => _table.PrimaryKey;

    /// <summary>Whether it is written.</summary>
    public bool Has(string name) => _table.Options.ContainsKey(name);

    /// <summary>A text.</summary>
    public string Text(string name, string fallback = "") => _table.Options.TryGetValue(name, out var value) ? value : fallback;

    /// <summary>The options that begin with a prefix, without it.</summary>
    public IReadOnlyDictionary<string, string> Under(string prefix) =>
        _table.Options.Where(option => option.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(option => option.Key[prefix.Length..], option => option.Value, StringComparer.Ordinal);

    /// <summary>A text that has to be there.</summary>
    public string Require(string name, string example) => Text(name) is { Length: > 0 } value
        ? value
        : throw new FlowException(FlowErrorCode.BadOption, $"Table '{_table.Name}' needs the option {name}, for example {name} = '{example}'.");

    /// <summary>One of several words.</summary>
    public T OneOf<T>(string name, T fallback, params (string Word, T Value)[] words)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (!Has(name))
        {
            return fallback;
        }

        foreach (var (word, value) in words)
        {
            if (string.Equals(word, Text(name), StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        throw Bad($"the option {name} is '{Text(name)}'; it is one of: {string.Join(", ", words.Select(one => one.Word))}");
    }

    /// <summary>True or false.</summary>
    public bool Truth(string name, bool fallback = false) => OneOf(name, fallback, ("true", true), ("false", false));

    /// <summary>A number.</summary>
    public double Number(string name, double fallback = 0, double min = 0, double max = long.MaxValue) =>
        !Has(name) ? fallback
        : double.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number
        : throw Bad($"the option {name} is '{Text(name)}'; it is a number of at least {min.ToString(CultureInfo.InvariantCulture)}{(max >= long.MaxValue ? "" : $" and at most {max.ToString(CultureInfo.InvariantCulture)}")}");

    /// <summary>A whole number.</summary>
    public long Whole(string name, long fallback = 0, long min = 0, long max = long.MaxValue) =>
        !Has(name) ? fallback
        : long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number
        : throw Bad(FormattableString.Invariant($"the option {name} is '{Text(name)}'; it is a whole number of at least {min}{(max == long.MaxValue ? "" : $" and at most {max}")}"));

    /// <summary>A length of time: a number and a unit (<c>ms</c>, <c>seconds</c>, <c>minutes</c>, <c>hours</c>, <c>days</c>), or seconds without one.</summary>
    public TimeSpan Time(string name, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        if (!Has(name))
        {
            return fallback;
        }

        var text = Text(name).Trim();
        var digits = text.AsSpan().IndexOfAnyExcept(Digits);
        var unit = digits < 0 ? "s" : text[digits..].Trim().ToLowerInvariant();
        var one = unit switch
        {
            "ms" or "millisecond" or "milliseconds" => TimeSpan.FromMilliseconds(1),
            "s" or "second" or "seconds" => TimeSpan.FromSeconds(1),
            "m" or "minute" or "minutes" => TimeSpan.FromMinutes(1),
            "h" or "hour" or "hours" => TimeSpan.FromHours(1),
            "d" or "day" or "days" => TimeSpan.FromDays(1),
            _ => TimeSpan.Zero,
        };
        return one > TimeSpan.Zero && double.TryParse(text[..(digits < 0 ? text.Length : digits)], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number >= min / one && number <= max / one
            ? number * one
            : throw Bad(FormattableString.Invariant($"the option {name} is '{Text(name)}'; it is a length of time of {min} to {max}, such as '5 seconds'"));
    }

    /// <summary>What to say of options that do not fit together.</summary>
    public FlowException Bad(string problem) => new(FlowErrorCode.BadOption, $"Table '{_table.Name}': {problem}.");
}
