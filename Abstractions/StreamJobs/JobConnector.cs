using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.StreamJobs;

/// <summary>A connector and its options, as in <c>WITH (...)</c> of a table; docs/streaming/connectors.md has them. Written <c>new JobConnector("single_file") { ["path"] = "/data/a.json" }</c>.</summary>
/// <param name="name">Of the connector.</param>
[SuppressMessage("Naming", "CA1710", Justification = "It is a connector, and not a collection that happens to be one.")]
public sealed class JobConnector(string name)
{
    private readonly SortedDictionary<string, string> _options = new(StringComparer.Ordinal);

    /// <summary>Of the connector.</summary>
    public string Name { get; } = name ?? throw new ArgumentNullException(nameof(name));

    /// <summary>The options, by name.</summary>
    public IReadOnlyDictionary<string, string> Options => _options;

    /// <summary>An option.</summary>
    /// <param name="option">Its name, in lower case.</param>
    public string this[string option]
    {
        get => _options[option];
        set => _options[option] = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>A file of rows, read once or written exactly once.</summary>
    public static JobConnector SingleFile(string path) => new("single_file") { ["path"] = path };

    /// <summary>Rows of standard output.</summary>
    public static JobConnector Stdout() => new("stdout");

    /// <summary>Rows that nobody needs.</summary>
    public static JobConnector Blackhole() => new("blackhole");
}
