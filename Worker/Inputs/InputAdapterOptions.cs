namespace OrleansFlow.Worker.Inputs;

/// <summary>What the input adapters of a worker may do. Section: <c>OrleansFlow:Worker:Inputs</c>. Read once, when the host starts.</summary>
public sealed class InputAdapterOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Worker:Inputs";

    /// <summary>Whether <c>pull.from_artifacts.rechunk:size</c> needs <c>meta_list_key</c> (<c>strict_input_adapters</c>).</summary>
    /// <value>Default false.</value>
    public bool Strict { get; set; }

    /// <summary>First wait before a run that could not be reached is asked again, unless a graph says <c>poll_ms</c> (<c>pull_poll_ms_default</c>).</summary>
    /// <value>Default 300 ms. Range 1 ms to 1 h.</value>
    public TimeSpan PollDefault { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Greatest of those waits, unless a graph says <c>backoff_max_ms</c> (<c>pull_empty_backoff_ms_max</c>).</summary>
    /// <value>Default 4 s. Range 1 ms to 1 h.</value>
    public TimeSpan BackoffMax { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>Folders below which <c>pull.files</c> and <c>pull.query</c> may read files.</summary>
    /// <value>Default: none, so that they read none.</value>
    public IList<string> Roots { get; } = [];

    /// <summary>Most files that one <c>pull.files</c> may find.</summary>
    /// <value>Default 100 000. Range 1 to 10 000 000.</value>
    public int FilesMax { get; set; } = 100_000;

    /// <summary>Memory of the engine behind one <c>pull.files</c> or <c>pull.query</c>, in bytes; beyond it the engine spills to the attempt's folder.</summary>
    /// <value>Default 1 GiB. Range 64 MiB to 1 TiB.</value>
    public long EngineMemoryBytes { get; set; } = 1L << 30;

    /// <summary>Databases that <c>pull.cursor</c> may read, by the name that graphs use.</summary>
    /// <value>Default: none.</value>
    public IDictionary<string, InputConnectionOptions> Connections { get; } = new Dictionary<string, InputConnectionOptions>(StringComparer.Ordinal);
}
