using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>Table ORDERS.</summary>
internal sealed class OrderRows(TpchScale scale, ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private static readonly WordList Priorities = new(TpchWords.Priorities);

    private readonly OrderLine[] _lines = new OrderLine[OrderLine.CountMax];
    private readonly TpchText _text = TpchText.Of(seed);
    private readonly Int64Builder _key = batch.Column<Int64Builder>(0);
    private readonly Int64Builder _customer = batch.Column<Int64Builder>(1);
    private readonly Utf8Builder _status = batch.Column<Utf8Builder>(2);
    private readonly Decimal128Builder _price = batch.Column<Decimal128Builder>(3);
    private readonly Date32Builder _date = batch.Column<Date32Builder>(4);
    private readonly Utf8Builder _priority = batch.Column<Utf8Builder>(5);
    private readonly Utf8Builder _clerk = batch.Column<Utf8Builder>(6);
    private readonly Int32Builder _shipPriority = batch.Column<Int32Builder>(7);
    private readonly Utf8Builder _comment = batch.Column<Utf8Builder>(8);

    public static ArrowSchema Schema { get; } = new(
        Fields.Key("o_orderkey"),
        Fields.Key("o_custkey"),
        Fields.Text("o_orderstatus"),
        Fields.Amount("o_totalprice"),
        Fields.Date("o_orderdate"),
        Fields.Text("o_orderpriority"),
        Fields.Text("o_clerk"),
        Fields.Int("o_shippriority"),
        Fields.Text("o_comment"));

    public void Append(long unit)
    {
        var count = OrderLine.Fill(scale, seed, unit, _lines, out var day);
        var open = 0;
        var charge = 0L;
        foreach (ref readonly var line in _lines.AsSpan(0, count))
        {
            open += line.IsOpen ? 1 : 0;
            charge += line.ChargeMillionths;
        }

        var bits = new SeededBits(seed, TpchPurpose.Order, unit);
        _key.Append(TpchScale.OrderKey(unit));
        _customer.Append(TpchScale.BuyingCustomer(bits.Below(scale.BuyingCustomers)));
        _status.Append(open == 0 ? "F"u8 : open == count ? "O"u8 : "P"u8);
        _price.Append((Int128)((charge + 5_000) / 10_000));
        _date.Append(day);
        _priority.Append(Priorities.Pick(ref bits));
        _clerk.Numbered("Clerk#"u8, 1 + bits.Below(scale.Clerks));
        _shipPriority.Append(0);
        _comment.Append(_text.Pick(ref bits, 19, 78));
    }
}
