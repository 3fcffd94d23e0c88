using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>Table <c>web_sales</c>; a unit is an order.</summary>
internal sealed class WebSaleRows(StarScale scale, ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private const int SiteCount = 4;
    private readonly SaleLine[] _lines = new SaleLine[SaleLine.CountMax];

    public static ArrowSchema Schema { get; } = new(
        Fields.Int("ws_date_key", isNullable: true),
        Fields.Int("ws_ship_date_key", isNullable: true),
        Fields.Int("ws_item_key"),
        Fields.Int("ws_customer_key", isNullable: true),
        Fields.Int("ws_site"),
        Fields.Int("ws_promo_key", isNullable: true),
        Fields.Key("ws_order"),
        Fields.Int("ws_quantity"),
        Fields.Amount("ws_sales_price"),
        Fields.Amount("ws_paid"),
        Fields.Amount("ws_profit"));

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, StarPurpose.WebSale, unit);
        int? day = bits.Chance(2) ? null : DateRows.Pick(ref bits);
        int? customer = bits.Chance(2) ? null : 1 + (int)bits.Skewed(scale.Customers, 1);
        var site = 1 + (int)bits.Skewed(SiteCount, 1);
        var count = SaleLine.Fill(scale, seed, ref bits, _lines);
        foreach (ref readonly var line in _lines.AsSpan(0, count))
        {
            var shipped = day + bits.Between(1, 60);
            Int(0, day);
            Int(1, shipped > DateRows.Count ? null : shipped);
            Int(2, (int)line.Item + 1);
            Int(3, customer);
            Int(4, site);
            Int(5, line.Promotion);
            batch.Column<Int64Builder>(6).Append(unit + 1);
            Int(7, line.Quantity);
            Amount(8, line.SaleCents);
            Amount(9, line.PaidCents);
            Amount(10, line.PaidCents - ((long)line.CostCents * line.Quantity));
        }
    }

    private void Int(int column, int? value) => batch.Column<Int32Builder>(column).Append(value);

    private void Amount(int column, long cents) => batch.Column<Decimal128Builder>(column).Append((Int128)cents);
}
