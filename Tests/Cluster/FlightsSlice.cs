using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using OrleansFlow.Client;
using OrleansFlow.Engine;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Cluster;

/// <summary>The flights graph over the first rows of the file, and what DuckDB alone answers for them.</summary>
internal sealed class FlightsSlice
{
    public const int TaskCount = 12;
    private const int BatchRows = 4_096;
    private const int RowsPerTask = BatchRows * 8;
    private const long TotalRows = (long)TaskCount * RowsPerTask;

    /// <summary>Batches of the scan node.</summary>
    public const long BatchCount = TaskCount * 8;

    private static readonly string DataFolder = RepositoryRoot.Combine(
        typeof(FlightsSlice).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "SampleDataFolder").Value!.Split('/'));

    /// <summary>The sample's own document with the numbers of this slice.</summary>
    public static string Document
    {
        get
        {
            var graph = JsonNode.Parse(File.ReadAllText(RepositoryRoot.Combine("samples", "flights", "graph.json")))!;
            graph["params"] = new JsonObject { ["total_rows"] = TotalRows, ["batch_rows"] = BatchRows };
            graph["nodes"]![0]!["tasks"] = TaskCount;
            graph["nodes"]![0]!["params"] = new JsonObject { ["rows_per_task"] = RowsPerTask };
            return graph.ToJsonString();
        }
    }

    public static SubmitOptions Options => new()
    {
        Files = new Dictionary<string, string> { ["flights"] = Path.Combine(DataFolder, "flights-3m.parquet"), ["airports"] = Path.Combine(DataFolder, "airports.csv") },
    };

    /// <summary>The report's rows without the airports' names, as text, in order.</summary>
    public static async Task<List<string>> ReportAsync(FlowClient client, RunId run, CancellationToken cancellationToken)
    {
        await using var result = await client.GetResultAsync(run, "report", cancellationToken);
        string[] columns = ["grouping", "rank", "origin", "destination", "hour", "band", "flights", "mean_delay", "p95_delay", "late_share"];
        var rows = new List<string>();
        await foreach (var batch in result.ReadBatchesAsync(cancellationToken))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    rows.Add(string.Join('|', columns.Select(column => Text(batch.Column(column).GetValue(row)))));
                }
            }
        }

        return rows;
    }

    /// <summary>The same rows by DuckDB alone.</summary>
    public static async Task<List<string>> ExpectedAsync(CancellationToken cancellationToken)
    {
        await using var engine = await EngineInstance.OpenAsync(null, cancellationToken);
        await using var session = engine.OpenSession();
        await using var result = await session.QueryAsync(
            $"""
            WITH flight AS (
                SELECT origin, destination, delay, hour(date) AS hour,
                    CASE WHEN distance < 250 THEN '0000-0249' WHEN distance < 500 THEN '0250-0499' WHEN distance < 1000 THEN '0500-0999'
                        WHEN distance < 2000 THEN '1000-1999' ELSE '2000-' END AS band
                FROM read_parquet({EngineText.Literal(Options.Files["flights"])}, file_row_number = true) WHERE file_row_number < {TotalRows}),
            grouped AS (
                SELECT CASE grouping(origin, destination, hour, band) WHEN 5 THEN 'origin_hour' WHEN 14 THEN 'distance_band' ELSE 'route' END AS grouping,
                    origin, destination, hour, band, count(*) AS flights, avg(delay) AS mean_delay,
                    quantile_disc(delay, 0.95) AS p95_delay, avg(CASE WHEN delay > 15 THEN 1 ELSE 0 END) AS late_share
                FROM flight GROUP BY GROUPING SETS ((origin, hour), (band), (origin, destination)))
            SELECT grouping, row_number() OVER (PARTITION BY grouping ORDER BY late_share DESC, flights DESC, origin, destination, hour, band) AS rank,
                origin, destination, hour, band, flights, mean_delay, p95_delay, late_share
            FROM grouped ORDER BY grouping, rank
            """,
            null,
            cancellationToken);
        var rows = new List<string>();
        await foreach (var batch in result.ReadAllAsync(cancellationToken))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    rows.Add(string.Join('|', Enumerable.Range(0, result.Schema.Fields.Count).Select(column => Text(batch.Column(column).GetValue(row)))));
                }
            }
        }

        return rows;
    }

    // Nine digits: sums of doubles in another order may differ in the last ones.
    private static string Text(object? value) => value switch
    {
        null => "",
        double number => number.ToString("G9", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
