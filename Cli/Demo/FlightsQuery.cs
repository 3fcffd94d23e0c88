namespace OrleansFlow.Cli.Demo;

/// <summary>
/// The whole question as one query over the files, with the engine's own aggregates. It shares nothing with the handlers on purpose: an
/// error in theirs must not repeat itself here.
/// </summary>
internal static class FlightsQuery
{
    public static string Sql(string flightsParquet, string airportsCsv, int lateMinutes) =>
        $"""
        WITH flight AS (
            SELECT origin, destination, delay, hour(date) AS hour,
                CASE WHEN distance < 250 THEN '0000-0249' WHEN distance < 500 THEN '0250-0499' WHEN distance < 1000 THEN '0500-0999'
                    WHEN distance < 2000 THEN '1000-1999' ELSE '2000-' END AS band
            FROM read_parquet({Text(flightsParquet)})),
        grouped AS (
            SELECT CASE grouping(origin, destination, hour, band) WHEN 5 THEN 'origin_hour' WHEN 14 THEN 'distance_band' ELSE 'route' END AS grouping,
                origin, destination, hour, band, count(*) AS flights, avg(delay) AS mean_delay,
                quantile_disc(delay, 0.95) AS p95_delay, avg(CASE WHEN delay > {lateMinutes} THEN 1 ELSE 0 END) AS late_share
            FROM flight GROUP BY GROUPING SETS ((origin, hour), (band), (origin, destination))),
        airport AS (SELECT iata, name FROM read_csv({Text(airportsCsv)}, header = true, all_varchar = true))
        SELECT g.grouping,
            row_number() OVER (
                PARTITION BY g.grouping ORDER BY late_share DESC, flights DESC, origin, destination, hour, band) AS rank,
            origin, o.name AS origin_name, destination, d.name AS destination_name, hour, band, flights, mean_delay, p95_delay, late_share
        FROM grouped g LEFT JOIN airport o ON o.iata = g.origin LEFT JOIN airport d ON d.iata = g.destination
        ORDER BY g.grouping, rank
        """;

    private static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
