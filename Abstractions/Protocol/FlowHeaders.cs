namespace OrleansFlow.Protocol;

/// <summary>Headers by which a caller of the gateway's Flight service says in what form it wants its batches.</summary>
public static class FlowHeaders
{
    /// <summary>How message bodies are compressed: <see cref="None"/> (default), <see cref="Lz4"/> or <see cref="Zstd"/>.</summary>
    public const string Compression = "x-orleansflow-compression";

    /// <summary>What becomes of dictionary columns: <see cref="Keep"/> (default) or <see cref="Decode"/>.</summary>
    public const string Dictionaries = "x-orleansflow-dictionaries";

    /// <summary>What the names of headers begin with that go along with a query to every worker of it; there they have the rest of the name.</summary>
    public const string QueryPrefix = "x-orleansflow-header-";

    /// <summary>Whether the result of a query is kept for its caller: <see cref="Yes"/>, or nothing.</summary>
    public const string KeepResult = "x-orleansflow-keep-result";

    /// <summary>What is asked for is wanted.</summary>
    public const string Yes = "yes";

    /// <summary>What the names of headers begin with that are options of a query; there they have the rest of the name. Only declared options are taken.</summary>
    public const string ConfigPrefix = "x-orleansflow-config-";

    /// <summary>Bodies are not compressed.</summary>
    public const string None = "none";

    /// <summary>Bodies are LZ4 frames.</summary>
    public const string Lz4 = "lz4";

    /// <summary>Bodies are Zstandard frames.</summary>
    public const string Zstd = "zstd";

    /// <summary>Dictionary columns stay dictionaries where their source has them.</summary>
    public const string Keep = "keep";

    /// <summary>Dictionary columns become columns of their values, at every depth.</summary>
    public const string Decode = "decode";
}
