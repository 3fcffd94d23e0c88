namespace OrleansFlow.Storage.Sqlite;

/// <summary>Where the SQLite store lies and how it groups writes. Section: <c>OrleansFlow:Storage:Sqlite</c>.</summary>
public sealed class SqliteStoreOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Storage:Sqlite";

    /// <summary>Path of the database file; its folder is made when missing. A file <c>PATH.lock</c> beside it marks the owner.</summary>
    public string DatabasePath { get; set; } = "";

    /// <summary>Most writes that share one transaction. More: fewer fsyncs under load, a longer wait for the first of the group.</summary>
    /// <value>Default 2 048. Range 1 to 65 536.</value>
    public int GroupWritesMax { get; set; } = 2_048;

    /// <summary>Most bytes of state that share one transaction, so that large states do not delay small ones for long.</summary>
    /// <value>Default 8 MiB. Range 64 KiB to 1 GiB.</value>
    public int GroupBytesMax { get; set; } = 8 * 1024 * 1024;

    /// <summary>Writes that may wait for the writer; further callers wait for room.</summary>
    /// <value>Default 65 536. Range 1 to 1 048 576.</value>
    public int QueueWritesMax { get; set; } = 65_536;

    /// <summary>Connections kept open for reading.</summary>
    /// <value>Default 4. Range 1 to 64.</value>
    public int ReadConnectionsMax { get; set; } = 4;

    /// <summary>Most pages (4 KiB each) the database may have; writes beyond it fail with <c>store_full</c>. 0: as much as the disk holds.</summary>
    /// <value>Default 0. Range 0 to 4 294 967 294.</value>
    public long PagesMax { get; set; }
}
