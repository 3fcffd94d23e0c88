namespace OrleansFlow.Samples.Flights;

/// <summary>
/// The questions asked of the flights, said once; the handlers answer them piece by piece.
/// </summary>
internal static class FlightsSql
{
    /// <summary>Distance band of a flight, in miles, as text that sorts in order.</summary>
    public const string Band =
        "CASE WHEN distance < 250 THEN '0000-0249' WHEN distance < 500 THEN '0250-0499' WHEN distance < 1000 THEN '0500-0999' "
        + "WHEN distance < 2000 THEN '1000-1999' ELSE '2000-' END";

    /// <summary>Names the three groupings: their columns of <see cref="Keys"/>; the rest is null.</summary>
    public static readonly IReadOnlyList<(string Grouping, string Origin, string Destination, string Hour, string Band)> Groupings =
    [
        ("origin_hour", "origin", "NULL::VARCHAR", "hour", "NULL::VARCHAR"),
        ("distance_band", "NULL::VARCHAR", "NULL::VARCHAR", "NULL::INTEGER", "band"),
        ("route", "origin", "destination", "NULL::INTEGER", "NULL::VARCHAR"),
    ];

    /// <summary>The key columns of every intermediate and final table.</summary>
    public const string Keys = "grouping, origin, destination, hour, band";

    /// <summary>Rows of flights as the questions need them, from a table or scan of date, delay, distance, origin, destination.</summary>
    public static string Prepared(string source) =>
        $"SELECT origin, destination, hour(date)::INTEGER AS hour, {Band} AS band, delay::BIGINT AS delay FROM {source}";

    /// <summary>How many flights of each group had each delay: small, and sums of it give every answer exactly.</summary>
    public static string Histogram(string source) => string.Join(
        " UNION ALL ",
        Groupings.Select(one =>
            $"SELECT '{one.Grouping}' AS grouping, {one.Origin} AS origin, {one.Destination} AS destination, {one.Hour} AS hour, {one.Band} AS band, "
            + $"delay, count(*)::BIGINT AS n FROM ({Prepared(source)}) GROUP BY ALL"));

    /// <summary>Flights, mean delay, discrete 95th percentile and share later than the limit, from a table of histogram rows.</summary>
    /// <remarks>
    /// Discrete percentile: the smallest delay whose cumulative count reaches ceil(0.95 * flights), as SQL's PERCENTILE_DISC defines it.
    /// </remarks>
    public static string FromHistogram(string source, int lateMinutes) =>
        $"""
        WITH summed AS (SELECT {Keys}, delay, sum(n)::BIGINT AS n FROM {source} GROUP BY ALL),
        ranked AS (
            SELECT *, sum(n) OVER (PARTITION BY {Keys} ORDER BY delay) AS upto, sum(n) OVER (PARTITION BY {Keys}) AS total FROM summed)
        SELECT {Keys}, sum(n)::BIGINT AS flights, sum(delay * n)::DOUBLE / sum(n)::DOUBLE AS mean_delay,
            min(delay) FILTER (WHERE upto >= ceil(0.95::DOUBLE * total)) AS p95_delay,
            coalesce(sum(n) FILTER (WHERE delay > {lateMinutes}), 0)::DOUBLE / sum(n)::DOUBLE AS late_share
        FROM ranked GROUP BY ALL
        """;

    /// <summary>Joins the airports' names and ranks every group: most late share first, ties broken by flights and then by every key.</summary>
    public static string Report(string source, string airportsCsv) =>
        $"""
        WITH airport AS (SELECT iata, name, city, state FROM read_csv('{airportsCsv.Replace("'", "''", StringComparison.Ordinal)}', header = true, all_varchar = true))
        SELECT d.grouping,
            row_number() OVER (PARTITION BY d.grouping ORDER BY d.late_share DESC, d.flights DESC, d.origin, d.destination, d.hour, d.band)::BIGINT AS rank,
            d.origin, o.name AS origin_name, d.destination, t.name AS destination_name, d.hour, d.band,
            d.flights, d.mean_delay, d.p95_delay, d.late_share
        FROM ({source}) d LEFT JOIN airport o ON o.iata = d.origin LEFT JOIN airport t ON t.iata = d.destination
        ORDER BY d.grouping, rank
        """;
}
