using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Streaming.Windows;

/// <summary>What is grouped by a window, and what comes out.</summary>
/// <remarks>
/// Rows that come out have the key's columns, the results, <see cref="StartColumn"/> and <see cref="EndColumn"/> (which the window does not hold),
/// and as their event time the last microsecond of the window: so a window over windows takes them, and none of them is late by what it waited for.
/// </remarks>
public sealed record WindowShape
{
    /// <summary>Name of the column of the window's first moment.</summary>
    public const string StartColumn = "window_start";

    /// <summary>Name of the column of the first moment behind the window.</summary>
    public const string EndColumn = "window_end";

    /// <summary>Most rows of a batch that comes out.</summary>
    internal const int BatchRowsMax = 8_192;

    /// <summary>The rows that come in.</summary>
    public required ArrowSchema Input { get; init; }

    /// <summary>Place of their event time: timestamp[us], without nulls.</summary>
    public required int TimeColumn { get; init; }

    /// <summary>Places of the columns to group by besides the window.</summary>
    public IReadOnlyList<int> KeyColumns { get; init; } = [];

    /// <summary>The aggregates.</summary>
    public required IReadOnlyList<AggregateSpec> Aggregates { get; init; }

    /// <summary>Names of their columns, as many as there are aggregates.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Places of the columns of rows that come too late, which are handed out then. Default none: late rows are only counted.</summary>
    public IReadOnlyList<int> LateColumns { get; init; } = [];

    /// <summary>Whether rows that went out are taken back when they change: then a column of bools before the event time says it. Default false.</summary>
    internal bool IsChanging { get; init; }

    /// <summary>Types of the key's columns.</summary>
    internal IReadOnlyList<ArrowType> KeyTypes => [.. KeyColumns.Select(column => Input.Fields[column].Type)];

    /// <summary>Type of event times.</summary>
    internal ArrowType TimeType => Input.Fields[TimeColumn].Type;

    /// <summary>The rows that come out.</summary>
    public ArrowSchema Output() => new(
    [
        .. KeyColumns.Select(column => Input.Fields[column]),
        .. Aggregates.Select((spec, place) => new ArrowField(Names[place], spec.ResultType)),
        new ArrowField(StartColumn, TimeType, isNullable: false),
        new ArrowField(EndColumn, TimeType, isNullable: false),
        .. IsChanging ? [ChangeRows.RetractField] : Array.Empty<ArrowField>(),
        new ArrowField(Input.Fields[TimeColumn].Name, TimeType, isNullable: false),
    ]);

    /// <summary>Rows that come too late: their columns, then their event time.</summary>
    public ArrowSchema Late() => new([.. LateColumns.Append(TimeColumn).Select(column => Input.Fields[column])]);

    /// <summary>Checks the parts against each other.</summary>
    /// <exception cref="ArgumentException">They contradict each other; the message names the column.</exception>
    public void Validate()
    {
        foreach (var column in KeyColumns.Append(TimeColumn).Concat(LateColumns).Concat(Aggregates.SelectMany(spec => new[] { spec.Argument, spec.Filter }.OfType<int>())))
        {
            if (column < 0 || column >= Input.Fields.Count)
            {
                throw new ArgumentException($"A window's column {column} does not exist; the rows have {Input.Fields.Count}.");
            }
        }

        if (TimeType is not TimestampType { Unit: TimeUnit.Microsecond })
        {
            throw new ArgumentException($"The event time '{Input.Fields[TimeColumn].Name}' is {TimeType.Name}; it has to be timestamp[us].");
        }

        if (Names.Count != Aggregates.Count)
        {
            throw new ArgumentException($"{Aggregates.Count} aggregates have {Names.Count} names.");
        }
    }
}
