using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Engine;

/// <summary>The real file of the demo, by ranges of its rows.</summary>
public sealed class ParquetTests : EngineTestBase
{
    private const long FlightCount = 3_000_000;

    private static string Flights
    {
        get
        {
            var path = RepositoryRoot.Combine("artifacts", "npm", "data", "node_modules", "vega-datasets", "data", "flights-3m.parquet");
            Requires.That(File.Exists(path), "the sample data (npm package vega-datasets)");
            return path;
        }
    }

    [Fact]
    public async Task Parquet_ByRowRanges_GivesEveryRowOnce()
    {
        const int RangeCount = 48;
        long rowCount = 0;
        double delaySum = 0;
        await using var statement = await Session.PrepareAsync(
            $"SELECT date, delay, distance, origin, destination FROM read_parquet('{Flights}', file_row_number = true) WHERE file_row_number BETWEEN ? AND ?", Token);
        for (var range = 0; range < RangeCount; range++)
        {
            var first = FlightCount * range / RangeCount;
            var last = (FlightCount * (range + 1) / RangeCount) - 1;
            await using var result = await statement.QueryAsync([first, last], Token, batchRowCount: 16_384);
            await foreach (var batch in result.ReadAllAsync(Token))
            {
                using (batch)
                {
                    rowCount += batch.RowCount;
                    for (var row = 0; row < batch.RowCount; row++)
                    {
                        delaySum += Convert.ToDouble(batch.Column("delay").GetValue(row), System.Globalization.CultureInfo.InvariantCulture);
                    }
                }
            }
        }

        Assert.Equal(FlightCount, rowCount);
        Assert.Equal(await ValueAsync($"SELECT sum(delay)::DOUBLE FROM '{Flights}'"), delaySum);
    }

    [Fact]
    public async Task Parquet_ByARowRange_RepeatsItsBatches()
    {
        var sql = $"SELECT * FROM read_parquet('{Flights}', file_row_number = true) WHERE file_row_number BETWEEN 250000 AND 299999";
        var first = await RowsAsync(sql);
        var second = await RowsAsync(sql);

        Assert.Equal(50_000, first.Count);
        Assert.Equal(Enumerable.Range(250_000, 50_000).Select(n => (object)(long)n), first.Select(row => row[^1]));
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Parquet_ThroughArrow_EqualsTheFileReadDirectly()
    {
        await using var other = Instance.OpenSession();
        await using var result = await other.QueryAsync($"SELECT * FROM '{Flights}' LIMIT 300000", null, Token);
        var batches = new List<RecordBatch>();
        await foreach (var batch in result.ReadAllAsync(Token))
        {
            batches.Add(batch);
        }

        await Session.RegisterBatchesAsync("flights", result.Schema, batches, Token);
        batches.ForEach(batch => batch.Dispose());
        const string Report = "SELECT origin, count(*) AS flights, avg(delay)::DOUBLE AS mean, quantile_disc(delay, 0.95) AS p95 FROM {0} GROUP BY ALL ORDER BY ALL";

        var direct = await RowsAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, Report, $"(SELECT * FROM '{Flights}' LIMIT 300000)"));
        var scanned = await RowsAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, Report, "flights"));

        Assert.NotEmpty(direct);
        Assert.Equal(direct, scanned);
    }
}
