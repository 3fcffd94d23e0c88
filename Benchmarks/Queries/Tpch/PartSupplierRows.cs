using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>Table PARTSUPP; a unit is a part with its four suppliers.</summary>
internal sealed class PartSupplierRows(TpchScale scale, ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private readonly TpchText _text = TpchText.Of(seed);
    private readonly Int64Builder _part = batch.Column<Int64Builder>(0);
    private readonly Int64Builder _supplier = batch.Column<Int64Builder>(1);
    private readonly Int32Builder _available = batch.Column<Int32Builder>(2);
    private readonly Decimal128Builder _cost = batch.Column<Decimal128Builder>(3);
    private readonly Utf8Builder _comment = batch.Column<Utf8Builder>(4);

    public static ArrowSchema Schema { get; } = new(
        Fields.Key("ps_partkey"),
        Fields.Key("ps_suppkey"),
        Fields.Int("ps_availqty"),
        Fields.Amount("ps_supplycost"),
        Fields.Text("ps_comment"));

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, TpchPurpose.PartSupplier, unit);
        for (var i = 0; i < 4; i++)
        {
            _part.Append(unit + 1);
            _supplier.Append(scale.SupplierOf(unit + 1, i));
            _available.Append(bits.Between(1, 9_999));
            _cost.Append((Int128)bits.Between(1_00, 1_000_00));
            _comment.Append(_text.Pick(ref bits, 49, 198));
        }
    }
}
