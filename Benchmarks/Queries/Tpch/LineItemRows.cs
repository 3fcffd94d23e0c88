using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>Table LINEITEM; a unit is an order.</summary>
internal sealed class LineItemRows(TpchScale scale, ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private static readonly WordList Instructions = new(TpchWords.Instructions);
    private static readonly WordList Modes = new(TpchWords.Modes);

    private readonly OrderLine[] _lines = new OrderLine[OrderLine.CountMax];
    private readonly TpchText _text = TpchText.Of(seed);
    private readonly Int64Builder _order = batch.Column<Int64Builder>(0);
    private readonly Int64Builder _part = batch.Column<Int64Builder>(1);
    private readonly Int64Builder _supplier = batch.Column<Int64Builder>(2);
    private readonly Int32Builder _number = batch.Column<Int32Builder>(3);
    private readonly Decimal128Builder _quantity = batch.Column<Decimal128Builder>(4);
    private readonly Decimal128Builder _price = batch.Column<Decimal128Builder>(5);
    private readonly Decimal128Builder _discount = batch.Column<Decimal128Builder>(6);
    private readonly Decimal128Builder _tax = batch.Column<Decimal128Builder>(7);
    private readonly Utf8Builder _return = batch.Column<Utf8Builder>(8);
    private readonly Utf8Builder _status = batch.Column<Utf8Builder>(9);
    private readonly Date32Builder _ship = batch.Column<Date32Builder>(10);
    private readonly Date32Builder _commit = batch.Column<Date32Builder>(11);
    private readonly Date32Builder _receipt = batch.Column<Date32Builder>(12);
    private readonly Utf8Builder _instruction = batch.Column<Utf8Builder>(13);
    private readonly Utf8Builder _mode = batch.Column<Utf8Builder>(14);
    private readonly Utf8Builder _comment = batch.Column<Utf8Builder>(15);

    public static ArrowSchema Schema { get; } = new(
        Fields.Key("l_orderkey"),
        Fields.Key("l_partkey"),
        Fields.Key("l_suppkey"),
        Fields.Int("l_linenumber"),
        Fields.Amount("l_quantity"),
        Fields.Amount("l_extendedprice"),
        Fields.Amount("l_discount"),
        Fields.Amount("l_tax"),
        Fields.Text("l_returnflag"),
        Fields.Text("l_linestatus"),
        Fields.Date("l_shipdate"),
        Fields.Date("l_commitdate"),
        Fields.Date("l_receiptdate"),
        Fields.Text("l_shipinstruct"),
        Fields.Text("l_shipmode"),
        Fields.Text("l_comment"));

    public void Append(long unit)
    {
        var count = OrderLine.Fill(scale, seed, unit, _lines, out _);
        var key = TpchScale.OrderKey(unit);
        var bits = new SeededBits(seed, TpchPurpose.LineComment, unit);
        for (var i = 0; i < count; i++)
        {
            ref readonly var line = ref _lines[i];
            _order.Append(key);
            _part.Append(line.Part);
            _supplier.Append(line.Supplier);
            _number.Append(i + 1);
            _quantity.Append((Int128)(line.Quantity * 100));
            _price.Append((Int128)line.PriceCents);
            _discount.Append((Int128)line.DiscountPercent);
            _tax.Append((Int128)line.TaxPercent);
            _return.Append(line.ReceiptDay > OrderLine.CurrentDay ? "N"u8 : line.IsReturned ? "R"u8 : "A"u8);
            _status.Append(line.IsOpen ? "O"u8 : "F"u8);
            _ship.Append(line.ShipDay);
            _commit.Append(line.CommitDay);
            _receipt.Append(line.ReceiptDay);
            _instruction.Append(Instructions[line.Instruction]);
            _mode.Append(Modes[line.Mode]);
            _comment.Append(_text.Pick(ref bits, 10, 43));
        }
    }
}
