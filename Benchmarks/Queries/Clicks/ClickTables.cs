using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Clicks;

/// <summary>
/// One wide, skewed table of page views as a web analytics service would keep it: most values of most columns are the same, a few are
/// everywhere, texts share long beginnings. Shaped like the table of ClickBench, with columns and values of its own.
/// </summary>
public static class ClickTables
{
    /// <summary>The seed that is used unless another one is asked for.</summary>
    public const ulong DefaultSeed = 20_130_702;

    /// <summary>The columns of <c>views</c>.</summary>
    internal static ArrowSchema Schema { get; } = new(
        Fields.Key("view_id"),
        Fields.Time("viewed_at"),
        Fields.Date("viewed_on"),
        Fields.Key("user_id"),
        Fields.Int("counter_id"),
        Fields.Int("region_id"),
        Fields.Key("client_ip"),
        Fields.Int("ad_engine"),
        Fields.Int("search_engine"),
        Fields.Text("search_phrase"),
        Fields.Text("url"),
        Fields.Key("url_hash"),
        Fields.Text("referrer"),
        Fields.Key("referrer_hash"),
        Fields.Text("title"),
        Fields.Int("traffic_source"),
        Fields.Int("browser"),
        Fields.Int("system"),
        Fields.Int("phone_maker"),
        Fields.Text("phone_model"),
        Fields.Int("screen_width"),
        Fields.Int("screen_height"),
        Fields.Int("window_width"),
        Fields.Int("window_height"),
        Fields.Flag("is_refresh"),
        Fields.Flag("is_link"),
        Fields.Flag("is_download"),
        Fields.Flag("is_hidden"),
        Fields.Int("age", isNullable: true),
        Fields.Text("country", isNullable: true),
        Fields.Int("load_ms", isNullable: true),
        Fields.Amount("basket", isNullable: true));

    /// <summary>The table <c>views</c>.</summary>
    /// <param name="rowCount">1 to 2^40.</param>
    /// <param name="seed">Same seed and rows: same content.</param>
    public static TableSet Create(long rowCount, ulong seed = DefaultSeed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rowCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rowCount, 1L << 40);
        return new TableSet(
            string.Create(CultureInfo.InvariantCulture, $"clicks-n{rowCount}-s{seed}-v1"),
            [new GeneratedTable("views", Schema, rowCount, batch => new ClickRows(rowCount, seed, batch))]);
    }

    /// <summary>43 queries, <c>c01</c> to <c>c43</c>: counts, skewed groups, text search, top lists, a dashboard's drill-downs.</summary>
    public static IReadOnlyList<QueryText> Queries { get; } = QueryText.Load("Clicks/");
}
