namespace OrleansFlow.Benchmarks.Queries.Tables;

/// <summary>How tables become Parquet files. The rows are the same whatever is chosen here.</summary>
public sealed record TableFileOptions
{
    /// <summary>Files of each table that has at least <see cref="FileUnitsMin"/> units for each of them. Default 1; 1 to 10,000.</summary>
    public int FileCount { get; init; } = 1;

    /// <summary>A table is not cut into files of fewer units than this. Default 1,000.</summary>
    public int FileUnitsMin { get; init; } = 1_000;

    /// <summary>Rows of a row group, in steps of 2,048. Default 122,880, as DuckDB writes them: the unit that scans are split by.</summary>
    public int RowGroupRowCount { get; init; } = 122_880;

    /// <summary>Codec of the pages: <c>zstd</c> (default), <c>snappy</c> or <c>uncompressed</c>.</summary>
    public string Compression { get; init; } = "zstd";

    /// <summary>Files written at once, each by a thread of its own. Default 1.</summary>
    public int ThreadCount { get; init; } = 1;

    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(FileCount, 1, nameof(FileCount));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(FileCount, 10_000, nameof(FileCount));
        ArgumentOutOfRangeException.ThrowIfLessThan(FileUnitsMin, 1, nameof(FileUnitsMin));
        ArgumentOutOfRangeException.ThrowIfLessThan(RowGroupRowCount, 2_048, nameof(RowGroupRowCount));
        ArgumentOutOfRangeException.ThrowIfLessThan(ThreadCount, 1, nameof(ThreadCount));
        if (Compression is not ("zstd" or "snappy" or "uncompressed"))
        {
            throw new ArgumentException($"{nameof(Compression)} is '{Compression}'; it must be zstd, snappy or uncompressed.");
        }
    }
}
