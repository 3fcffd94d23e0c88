using System.Globalization;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>
/// A retailer's star schema: sales in stores and on the web, returns, and the dimensions dates, items, customers, stores and promotions.
/// Shaped like that of TPC-DS, with fewer columns and values of its own: skewed items and customers, a season, and nulls in foreign keys.
/// </summary>
public static class StarTables
{
    /// <summary>The seed that is used unless another one is asked for.</summary>
    public const ulong DefaultSeed = 20_000_101;

    /// <summary>The eight tables.</summary>
    /// <param name="scale">Row counts.</param>
    /// <param name="seed">Same seed and scale: same rows.</param>
    public static TableSet Create(StarScale scale, ulong seed = DefaultSeed)
    {
        ArgumentNullException.ThrowIfNull(scale);
        return new TableSet(
            string.Create(CultureInfo.InvariantCulture, $"stars-n{scale.Tickets}-s{seed}-v1"),
            [
                new("date_dim", DateRows.Schema, DateRows.Count, batch => new DateRows(batch)),
                new("store", StoreRows.Schema, scale.Stores, batch => new StoreRows(seed, batch)),
                new("promotion", PromotionRows.Schema, scale.Promotions, batch => new PromotionRows(seed, batch)),
                new("item", ItemRows.Schema, scale.Items, batch => new ItemRows(seed, batch)),
                new("customer", StarCustomerRows.Schema, scale.Customers, batch => new StarCustomerRows(seed, batch)),
                new("store_returns", StoreReturnRows.Schema, scale.Tickets, batch => new StoreReturnRows(scale, seed, batch)),
                new("web_sales", WebSaleRows.Schema, scale.WebOrders, batch => new WebSaleRows(scale, seed, batch)),
                new("store_sales", StoreSaleRows.Schema, scale.Tickets, batch => new StoreSaleRows(scale, seed, batch)),
            ]);
    }

    /// <summary>
    /// 40 queries, <c>s01</c> to <c>s40</c>: rollup, cube and grouping sets, windows over aggregates, set operations between channels, correlated
    /// sub-queries, shared CTEs, years compared by self joins, top lists within groups.
    /// </summary>
    public static IReadOnlyList<QueryText> Queries { get; } = QueryText.Load("Stars/");
}
