using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>Table CUSTOMER.</summary>
internal sealed class CustomerRows(ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private static readonly WordList Segments = new(TpchWords.Segments);

    private readonly TpchText _text = TpchText.Of(seed);
    private readonly Int64Builder _key = batch.Column<Int64Builder>(0);
    private readonly Utf8Builder _name = batch.Column<Utf8Builder>(1);
    private readonly Utf8Builder _address = batch.Column<Utf8Builder>(2);
    private readonly Int32Builder _nation = batch.Column<Int32Builder>(3);
    private readonly Utf8Builder _phone = batch.Column<Utf8Builder>(4);
    private readonly Decimal128Builder _balance = batch.Column<Decimal128Builder>(5);
    private readonly Utf8Builder _segment = batch.Column<Utf8Builder>(6);
    private readonly Utf8Builder _comment = batch.Column<Utf8Builder>(7);

    public static ArrowSchema Schema { get; } = new(
        Fields.Key("c_custkey"),
        Fields.Text("c_name"),
        Fields.Text("c_address"),
        Fields.Int("c_nationkey"),
        Fields.Text("c_phone"),
        Fields.Amount("c_acctbal"),
        Fields.Text("c_mktsegment"),
        Fields.Text("c_comment"));

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, TpchPurpose.Customer, unit);
        var nation = bits.Below(TpchWords.Nations.Length);
        _key.Append(unit + 1);
        _name.Numbered("Customer#"u8, unit + 1);
        _address.Address(ref bits);
        _nation.Append(nation);
        _phone.Phone(ref bits, nation);
        _balance.Append((Int128)bits.Between(-999_99, 9_999_99));
        _segment.Append(Segments.Pick(ref bits));
        _comment.Append(_text.Pick(ref bits, 29, 116));
    }
}
