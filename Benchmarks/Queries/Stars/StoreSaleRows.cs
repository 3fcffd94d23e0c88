using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>Table <c>store_sales</c>; a unit is a purchase.</summary>
internal sealed class StoreSaleRows(StarScale scale, ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private readonly StoreTicket _ticket = new(scale, seed);

    public static ArrowSchema Schema { get; } = new(
        Fields.Int("ss_date_key", isNullable: true),
        Fields.Int("ss_item_key"),
        Fields.Int("ss_customer_key", isNullable: true),
        Fields.Int("ss_store_key", isNullable: true),
        Fields.Int("ss_promo_key", isNullable: true),
        Fields.Key("ss_ticket"),
        Fields.Int("ss_quantity"),
        Fields.Amount("ss_wholesale_cost"),
        Fields.Amount("ss_list_price"),
        Fields.Amount("ss_sales_price"),
        Fields.Amount("ss_coupon"),
        Fields.Amount("ss_paid"),
        Fields.Amount("ss_profit"));

    public void Append(long unit)
    {
        _ticket.Read(unit);
        foreach (ref readonly var line in _ticket.Lines)
        {
            Int(0, _ticket.Day);
            Int(1, (int)line.Item + 1);
            Int(2, _ticket.Customer);
            Int(3, _ticket.Store);
            Int(4, line.Promotion);
            batch.Column<Int64Builder>(5).Append(unit + 1);
            Int(6, line.Quantity);
            Amount(7, line.CostCents);
            Amount(8, line.ListCents);
            Amount(9, line.SaleCents);
            Amount(10, line.CouponCents);
            Amount(11, line.PaidCents);
            Amount(12, line.PaidCents - ((long)line.CostCents * line.Quantity));
        }
    }

    private void Int(int column, int? value) => batch.Column<Int32Builder>(column).Append(value);

    private void Amount(int column, long cents) => batch.Column<Decimal128Builder>(column).Append((Int128)cents);
}
