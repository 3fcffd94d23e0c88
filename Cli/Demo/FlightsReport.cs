using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Client;
using OrleansFlow.Engine;
using OrleansFlow.Tasks;
using Spectre.Console;

namespace OrleansFlow.Cli.Demo;

/// <summary>The report's rows, from either side, and what to show and compare of them.</summary>
internal sealed class FlightsReport
{
    private const double RelativeTolerance = 1e-9;
    private const int ShownRoutes = 10;
    private const int AirportNameMax = 20;
    private readonly string[] _columns;
    private readonly List<object?[]> _rows = [];

    private FlightsReport(ArrowSchema schema) => _columns = [.. schema.Fields.Select(field => field.Name)];

    public int RowCount => _rows.Count;

    /// <summary>Reads the distributed answer over Flight.</summary>
    public static async Task<FlightsReport> ReadAsync(FlowClient client, RunId run, CancellationToken cancellationToken)
    {
        await using var result = await client.GetResultAsync(run.Value, FlightsJob.ReportNode, cancellationToken);
        var report = new FlightsReport(result.Schema);
        await foreach (var batch in result.ReadBatchesAsync(cancellationToken))
        {
            report.Add(batch);
        }

        return report;
    }

    /// <summary>Asks the engine directly, in one query over the files.</summary>
    public static async Task<(FlightsReport Report, TimeSpan Elapsed)> QueryDirectlyAsync(FlightsJob job, TimeProvider clock, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        await using var engine = await EngineInstance.OpenAsync(new EngineOptions(), cancellationToken);
        await using var session = engine.OpenSession();
        await using var result = await session.QueryAsync(FlightsQuery.Sql(job.Flights, job.Airports, FlightsJob.LateMinutes), null, cancellationToken);
        var report = new FlightsReport(result.Schema);
        await foreach (var batch in result.ReadAllAsync(cancellationToken))
        {
            report.Add(batch);
        }

        return (report, clock.GetElapsedTime(began));
    }

    /// <summary>The first value that differs; null when none does. Doubles may differ by 1e-9 of their size, for sums in another order.</summary>
    public string? FirstDifferenceTo(FlightsReport other)
    {
        if (!_columns.SequenceEqual(other._columns, StringComparer.Ordinal))
        {
            return $"columns {string.Join(',', _columns)} and {string.Join(',', other._columns)}";
        }

        if (_rows.Count != other._rows.Count)
        {
            return $"{_rows.Count} rows and {other._rows.Count} rows";
        }

        for (var row = 0; row < _rows.Count; row++)
        {
            for (var column = 0; column < _columns.Length; column++)
            {
                if (!Same(_rows[row][column], other._rows[row][column]))
                {
                    return $"row {row}, {_columns[column]}: {_rows[row][column] ?? "null"} and {other._rows[row][column] ?? "null"}";
                }
            }
        }

        return null;
    }

    /// <summary>A table of the latest routes and a bar chart of the distance bands.</summary>
    public void Print()
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle("routes with the largest share of late flights") };
        table.AddColumns("rank", "from", "to", "flights", "mean delay", "p95", "late");
        foreach (var row in _rows.Where(row => (string?)Value(row, "grouping") == "route").Take(ShownRoutes))
        {
            table.AddRow(
                Text(row, "rank"), Airport(row, "origin"), Airport(row, "destination"),
                Text(row, "flights"), $"{Number(row, "mean_delay"):0.0} min", $"{Text(row, "p95_delay")} min", Percent(row));
        }

        AnsiConsole.Write(table);
        var chart = new BarChart { Width = 72, Label = "late flights in % by distance (miles)", LabelAlignment = Justify.Left };
        foreach (var row in _rows.Where(row => (string?)Value(row, "grouping") == "distance_band").OrderBy(row => (string?)Value(row, "band"), StringComparer.Ordinal))
        {
            chart.AddItem(Text(row, "band"), Math.Round(Number(row, "late_share") * 100, 1), Color.Blue);
        }

        AnsiConsole.Write(chart);
    }

    private static bool Same(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (string, _) or (_, string) => Equals(left, right),
        (double or float, _) or (_, double or float) => Near(
            Convert.ToDouble(left, CultureInfo.InvariantCulture), Convert.ToDouble(right, CultureInfo.InvariantCulture)),
        _ => Convert.ToDecimal(left, CultureInfo.InvariantCulture) == Convert.ToDecimal(right, CultureInfo.InvariantCulture),
    };

    private static bool Near(double left, double right) =>
        left == right || Math.Abs(left - right) <= RelativeTolerance * Math.Max(Math.Abs(left), Math.Abs(right));

    private void Add(RecordBatch batch)
    {
        using (batch)
        {
            for (var row = 0; row < batch.RowCount; row++)
            {
                var values = new object?[_columns.Length];
                for (var column = 0; column < values.Length; column++)
                {
                    values[column] = batch.Column(column).GetValue(row);
                }

                _rows.Add(values);
            }
        }
    }

    private object? Value(object?[] row, string column) => row[Array.IndexOf(_columns, column)];

    private string Text(object?[] row, string column) => Markup.Escape(Convert.ToString(Value(row, column), CultureInfo.InvariantCulture) ?? "");

    /// <summary>Code and as much of the name as keeps the table within 100 columns.</summary>
    private string Airport(object?[] row, string column)
    {
        var name = (string?)Value(row, column + "_name") ?? "";
        return Markup.Escape($"{Value(row, column)} {(name.Length > AirportNameMax ? name[..(AirportNameMax - 1)] + "." : name)}");
    }

    private double Number(object?[] row, string column) => Convert.ToDouble(Value(row, column), CultureInfo.InvariantCulture);

    private string Percent(object?[] row) => string.Create(CultureInfo.InvariantCulture, $"{Number(row, "late_share") * 100:0.0} %");
}
