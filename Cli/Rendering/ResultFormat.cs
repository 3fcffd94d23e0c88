namespace OrleansFlow.Cli.Rendering;

/// <summary>How <c>flow get</c> prints rows.</summary>
internal enum ResultFormat
{
    /// <summary>A terminal table.</summary>
    Table,

    /// <summary>RFC 4180, with a header line.</summary>
    Csv,

    /// <summary>One JSON object a line.</summary>
    Json,

    /// <summary>Arrow IPC stream.</summary>
    Arrow,
}
