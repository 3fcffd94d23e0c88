using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State;

/// <summary>What the rows of a table are and how long they count.</summary>
public sealed record RowTableOptions
{
    /// <summary>The column of a keyed table that, when true, says that the row removes its key: a bool.</summary>
    public const string DeletedColumn = "_deleted";

    /// <summary>The column that files have beside those of the table: the hash of the key.</summary>
    public const string KeyHashColumn = "_key_hash";

    /// <summary><see cref="TableKind.Timed"/>: rows are only added. <see cref="TableKind.Keyed"/>: a later row replaces the earlier one of its key.</summary>
    public required TableKind Kind { get; init; }

    /// <summary>The columns. None is named <see cref="KeyHashColumn"/>.</summary>
    public required ArrowSchema Schema { get; init; }

    /// <summary>Places of the columns that are the key. Default none: a row then stays with a subtask of the place it was written at. A keyed table needs one.</summary>
    public IReadOnlyList<int> KeyColumns { get; init; } = [];

    /// <summary>
    /// Place of a uint64 column without nulls that holds the hash of the key, when the rows have it already; it is the hash that edges
    /// shuffle by. Default null: the hash of <see cref="KeyColumns"/> by <see cref="Arrow.Kernels.RowHash"/> with its default seed.
    /// </summary>
    public int? HashColumn { get; init; }

    /// <summary>Place of a column without nulls, timestamp[us] or int64, that holds the event time in microseconds. A table with a retention needs it.</summary>
    public int? TimeColumn { get; init; }

    /// <summary>How long rows of a timed table count behind the watermark. Default null: for ever. Not negative.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Version of the rows. Default 1. At least 1; one more with each change of their meaning or columns.</summary>
    public int Version { get; init; } = 1;

    /// <summary>
    /// Turns rows of the version before into rows of this version: it takes the batch over and gives a new one, row by row, of the same
    /// keys. Null when that version cannot be read. The first checkpoint after it writes the whole table anew.
    /// </summary>
    public Func<RecordBatch, RecordBatch>? Migrate { get; init; }

    /// <summary>Checks the options against each other.</summary>
    /// <param name="table">Name of the table, for messages.</param>
    /// <exception cref="ArgumentException">They contradict each other; the message names the table and the option.</exception>
    public void Validate(string table)
    {
        Check(table, Kind is TableKind.Timed or TableKind.Keyed, $"Kind is {Kind}; it is Timed or Keyed");
        Check(table, Schema is not null && Schema.TryIndexOf(KeyHashColumn) < 0, $"Schema has a column {KeyHashColumn}, which is kept for files; rename it");
        Check(table, Kind != TableKind.Keyed || KeyColumns.Count > 0, "KeyColumns is empty; a keyed table needs at least one");
        Check(table, Version >= 1, $"Version is {Version}; it is at least 1");
        foreach (var column in KeyColumns)
        {
            Check(table, IsColumn(column), $"KeyColumns names column {column} of {Schema!.Fields.Count}");
        }

        Check(table, HashColumn is not { } hash || (IsColumn(hash) && Schema!.Fields[hash].Type.Equals(ArrowType.UInt64)), $"HashColumn {HashColumn} is no column of uint64");
        Check(table, TimeColumn is not { } time || (IsColumn(time) && IsTime(Schema!.Fields[time].Type)), $"TimeColumn {TimeColumn} is no column of timestamp[us] or int64");
        Check(table, Retention is null || TimeColumn is not null, "Retention is set without TimeColumn");
        Check(table, Retention is not { } retention || (retention >= TimeSpan.Zero && Kind == TableKind.Timed), $"Retention is {Retention}; it is not negative, and only timed tables have it");
        var deleted = Schema!.TryIndexOf(DeletedColumn);
        Check(table, Kind != TableKind.Keyed || deleted < 0 || Schema.Fields[deleted].Type.Equals(ArrowType.Boolean), $"column {DeletedColumn} is no bool");
    }

    private static bool IsTime(ArrowType type) => type.Equals(ArrowType.Int64) || type is TimestampType { Unit: TimeUnit.Microsecond };

    private static void Check(string table, bool isRight, string problem)
    {
        if (!isRight)
        {
            throw new ArgumentException($"Table '{table}': {problem}.");
        }
    }

    private bool IsColumn(int column) => column >= 0 && column < Schema.Fields.Count;
}
