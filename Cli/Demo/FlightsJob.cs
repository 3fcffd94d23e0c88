using OrleansFlow.Errors;

namespace OrleansFlow.Cli.Demo;

/// <summary>The demo's graph and files.</summary>
/// <param name="GraphPath">The graph document.</param>
/// <param name="Files">Its files by name, absolute.</param>
internal sealed record FlightsJob(string GraphPath, IReadOnlyDictionary<string, string> Files)
{
    public const string ScanNode = "scan";
    public const string ReportNode = "report";

    /// <summary>Rows of flights-3m.parquet.</summary>
    public const long Rows = 3_000_000;

    /// <summary>Batches that the scan makes: 16 384 rows each.</summary>
    public const long Batches = 184;

    /// <summary>Flights later than this many minutes count as late; the graph says the same.</summary>
    public const int LateMinutes = 15;

    public string Flights => Files["flights"];

    public string Airports => Files["airports"];

    public static FlightsJob Load()
    {
        var folder = Repository.Combine("artifacts", "npm", "data", "node_modules", "vega-datasets", "data");
        var files = new Dictionary<string, string>
        {
            ["flights"] = Path.Combine(folder, "flights-3m.parquet"),
            ["airports"] = Path.Combine(folder, "airports.csv"),
        };
        return files.Values.FirstOrDefault(file => !File.Exists(file)) is { } missing
            ? throw new FlowException(FlowErrorCode.DataFileMissing, $"'{missing}' is missing. './flow demo' fetches it with npm; delete artifacts/npm to fetch it again.")
            : new FlightsJob(Repository.Combine("samples", "flights", "graph.json"), files);
    }
}
