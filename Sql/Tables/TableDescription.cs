using OrleansFlow.Engine;

namespace OrleansFlow.Sql.Tables;

/// <summary>What planning has to know of a table, and which files it was made of at that moment.</summary>
public sealed record TableDescription
{
    /// <summary>Its columns in order, of the same types in every part.</summary>
    public required IReadOnlyList<TableColumn> Columns { get; init; }

    /// <summary>Its rows.</summary>
    public required long RowCount { get; init; }

    /// <summary>Whether <see cref="RowCount"/> was counted and not estimated.</summary>
    public bool IsRowCountExact { get; init; }

    /// <summary>Stored bytes.</summary>
    public long ByteCount { get; init; }

    /// <summary>Parts that it can be divided into at most, at least 1; more parts are possible and then some are empty.</summary>
    public int PartCountMax { get; init; } = 1;

    /// <summary>Why it has to be read in one piece; null when it need not be.</summary>
    public string? WholeReason { get; init; }

    /// <summary>Why a large file of it is read by one task; null when none is.</summary>
    public string? WholeFileReason { get; init; }

    /// <summary>What is known of columns, by name; not case-sensitive.</summary>
    public IReadOnlyDictionary<string, ColumnStatistics> Statistics { get; init; } =
        new Dictionary<string, ColumnStatistics>(StringComparer.OrdinalIgnoreCase);

    /// <summary>What it was described from; null for a table that is no files.</summary>
    public TableSource? Source { get; init; }

    /// <summary>Its files.</summary>
    public IReadOnlyList<TableFile> Files { get; init; } = [];

    /// <summary>Columns whose values stand in the paths (<c>year=2024/</c>).</summary>
    public IReadOnlyList<string> PartitionColumns { get; init; } = [];

    /// <summary>Arguments with which every part is read, so that all have the same columns.</summary>
    public IReadOnlyList<TableOption> ReadOptions { get; init; } = [];

    /// <summary>A query with the columns and without rows.</summary>
    public string EmptyQuery => $"SELECT {string.Join(", ", Columns.Select(column => $"CAST(NULL AS {column.Type}) AS {EngineText.Quote(column.Name)}"))} WHERE false";
}
