namespace OrleansFlow.Sql.Tables;

/// <summary>One file of a table, as it was when the table was described.</summary>
public sealed record TableFile
{
    /// <summary>Its full path.</summary>
    public required string Path { get; init; }

    /// <summary>Its size.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>When it was written last.</summary>
    public required DateTimeOffset ModifiedUtc { get; init; }

    /// <summary>Its rows: exact for Parquet and Arrow files, estimated for others.</summary>
    public required long RowCount { get; init; }

    /// <summary>Columns inside the file; empty where they are not known for each file (CSV, JSON).</summary>
    public IReadOnlyList<TableColumn> Columns { get; init; } = [];

    /// <summary>Its row groups in order; empty where it can only be read as a whole.</summary>
    public IReadOnlyList<TableRowGroup> RowGroups { get; init; } = [];

    /// <summary>How lines end in a CSV file that is read in ranges, as the reader's argument says it; null where that need not be said.</summary>
    internal string? NewLine { get; init; }

    /// <summary>Values of <see cref="TableDescription.PartitionColumns"/> as the path writes them, in their order; null for NULL.</summary>
    public IReadOnlyList<string?> PartitionValues { get; init; } = [];
}

/// <summary>Rows of a Parquet file that are stored together; of an Arrow file a record batch, whose place among the others takes the
/// place of rows; of a text file a range of bytes, which take the place of rows.</summary>
/// <param name="FirstRow">Number of its first row in the file, from 0; of a record batch its own number, of a range its first byte.</param>
/// <param name="RowCount">Its rows; 1 for a record batch, the bytes of a range.</param>
/// <param name="ByteCount">Its stored bytes.</param>
/// <param name="Ranges">What is known of each column, in the order of <see cref="TableFile.Columns"/>; null: nothing.</param>
public sealed record TableRowGroup(long FirstRow, long RowCount, long ByteCount, IReadOnlyList<ColumnRange?> Ranges);

/// <summary>What a footer says of a column of a row group.</summary>
/// <param name="Min">A value that none is below, as text; null when there is none.</param>
/// <param name="Max">A value that none is above, as text; null when there is none.</param>
/// <param name="NullCount">NULLs; null when they were not counted.</param>
/// <param name="DistinctCount">Different values; null when they were not counted.</param>
public sealed record ColumnRange(string? Min, string? Max, long? NullCount, long? DistinctCount);
