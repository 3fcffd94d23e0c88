using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>Table PART.</summary>
internal sealed class PartRows(ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private const int NameWordCount = 5;
    private static readonly WordList Colors = new(TpchWords.Colors);
    private static readonly WordList Types = new(
        from first in TpchWords.Types1 from second in TpchWords.Types2 from third in TpchWords.Types3 select $"{first} {second} {third}");

    private static readonly WordList Containers = new(
        from first in TpchWords.Containers1 from second in TpchWords.Containers2 select $"{first} {second}");

    private readonly TpchText _text = TpchText.Of(seed);
    private readonly Int64Builder _key = batch.Column<Int64Builder>(0);
    private readonly Utf8Builder _name = batch.Column<Utf8Builder>(1);
    private readonly Utf8Builder _maker = batch.Column<Utf8Builder>(2);
    private readonly Utf8Builder _brand = batch.Column<Utf8Builder>(3);
    private readonly Utf8Builder _type = batch.Column<Utf8Builder>(4);
    private readonly Int32Builder _size = batch.Column<Int32Builder>(5);
    private readonly Utf8Builder _container = batch.Column<Utf8Builder>(6);
    private readonly Decimal128Builder _price = batch.Column<Decimal128Builder>(7);
    private readonly Utf8Builder _comment = batch.Column<Utf8Builder>(8);

    public static ArrowSchema Schema { get; } = new(
        Fields.Key("p_partkey"),
        Fields.Text("p_name"),
        Fields.Text("p_mfgr"),
        Fields.Text("p_brand"),
        Fields.Text("p_type"),
        Fields.Int("p_size"),
        Fields.Text("p_container"),
        Fields.Amount("p_retailprice"),
        Fields.Text("p_comment"));

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, TpchPurpose.Part, unit);
        var key = unit + 1;
        _key.Append(key);
        AppendName(ref bits);
        var maker = bits.Between(1, 5);
        var brand = bits.Between(1, 5);
        _maker.Append([.. "Manufacturer#"u8, (byte)('0' + maker)]);
        _brand.Append([.. "Brand#"u8, (byte)('0' + maker), (byte)('0' + brand)]);
        _type.Append(Types.Pick(ref bits));
        _size.Append(bits.Between(1, 50));
        _container.Append(Containers.Pick(ref bits));
        _price.Append((Int128)TpchScale.PriceCents(key));
        _comment.Append(_text.Pick(ref bits, 5, 22));
    }

    /// <summary>Five different colours (clause 4.2.3, P_NAME).</summary>
    private void AppendName(ref SeededBits bits)
    {
        Span<int> picked = stackalloc int[NameWordCount];
        Span<byte> name = stackalloc byte[64];
        var length = 0;
        for (var count = 0; count < NameWordCount; count++)
        {
            int color;
            do
            {
                color = bits.Below(Colors.Count);
            }
            while (picked[..count].Contains(color));

            picked[count] = color;
            if (count > 0)
            {
                name[length++] = (byte)' ';
            }

            Colors[color].CopyTo(name[length..]);
            length += Colors[color].Length;
        }

        _name.Append(name[..length]);
    }
}
