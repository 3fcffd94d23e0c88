using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>Table SUPPLIER. Some comments tell of complaints, as many of recommendations.</summary>
internal sealed class SupplierRows : IRowWriter
{
    private readonly TpchScale _scale;
    private readonly ulong _seed;
    private readonly TpchText _text;
    private readonly Int64Builder _key;
    private readonly Utf8Builder _name;
    private readonly Utf8Builder _address;
    private readonly Int32Builder _nation;
    private readonly Utf8Builder _phone;
    private readonly Decimal128Builder _balance;
    private readonly Utf8Builder _comment;

    /// <summary>A step that reaches every supplier before it comes back to the first one, so place * step is a shuffle.</summary>
    private readonly long _step;

    public SupplierRows(TpchScale scale, ulong seed, RecordBatchBuilder batch)
    {
        _scale = scale;
        _seed = seed;
        _text = TpchText.Of(seed);
        _key = batch.Column<Int64Builder>(0);
        _name = batch.Column<Utf8Builder>(1);
        _address = batch.Column<Utf8Builder>(2);
        _nation = batch.Column<Int32Builder>(3);
        _phone = batch.Column<Utf8Builder>(4);
        _balance = batch.Column<Decimal128Builder>(5);
        _comment = batch.Column<Utf8Builder>(6);
        var bits = new SeededBits(seed, TpchPurpose.SpecialSuppliers, 0);
        do
        {
            _step = 1 + bits.Below(scale.Suppliers - 1);
        }
        while (!AreCoprime(_step, scale.Suppliers));
    }

    public static ArrowSchema Schema { get; } = new(
        Fields.Key("s_suppkey"),
        Fields.Text("s_name"),
        Fields.Text("s_address"),
        Fields.Int("s_nationkey"),
        Fields.Text("s_phone"),
        Fields.Amount("s_acctbal"),
        Fields.Text("s_comment"));

    public void Append(long unit)
    {
        var bits = new SeededBits(_seed, TpchPurpose.Supplier, unit);
        var nation = bits.Below(TpchWords.Nations.Length);
        _key.Append(unit + 1);
        _name.Numbered("Supplier#"u8, unit + 1);
        _address.Address(ref bits);
        _nation.Append(nation);
        _phone.Phone(ref bits, nation);
        _balance.Append((Int128)bits.Between(-999_99, 9_999_99));

        var comment = _text.Pick(ref bits, 25, 100);
        var place = (long)((Int128)unit * _step % _scale.Suppliers);
        if (place >= 2 * _scale.SpecialSuppliers)
        {
            _comment.Append(comment);
            return;
        }

        Span<byte> special = stackalloc byte[comment.Length];
        comment.CopyTo(special);
        Overwrite(special, ref bits, place < _scale.SpecialSuppliers ? "Complaints"u8 : "Recommends"u8);
        _comment.Append(special);
    }

    /// <summary>Puts "Customer" and, somewhere behind it, a word over the comment (clause 4.2.3, S_COMMENT).</summary>
    private static void Overwrite(Span<byte> comment, ref SeededBits bits, ReadOnlySpan<byte> word)
    {
        var first = "Customer "u8;
        var spare = comment.Length - first.Length - word.Length;
        var start = bits.Below(spare + 1);
        var gap = bits.Below(spare - start + 1);
        first.CopyTo(comment[start..]);
        word.CopyTo(comment[(start + first.Length + gap)..]);
    }

    private static bool AreCoprime(long a, long b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a == 1;
    }
}
