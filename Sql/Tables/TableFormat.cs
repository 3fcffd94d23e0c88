namespace OrleansFlow.Sql.Tables;

/// <summary>How the files of a table are written.</summary>
public enum TableFormat
{
    /// <summary>Apache Parquet; split by row groups.</summary>
    Parquet = 1,

    /// <summary>Text with separators; split by files.</summary>
    Csv = 2,

    /// <summary>JSON, as an array or one object a line; split by files.</summary>
    Json = 3,

    /// <summary>Apache Arrow IPC; split by record batches, streams by files.</summary>
    Arrow = 4,
}
