using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>Table NATION: 25 rows at every scale.</summary>
internal sealed class NationRows(ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private readonly TpchText _text = TpchText.Of(seed);

    public static ArrowSchema Schema { get; } = new(
        Fields.Int("n_nationkey"), Fields.Text("n_name"), Fields.Int("n_regionkey"), Fields.Text("n_comment"));

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, TpchPurpose.Nation, unit);
        var (name, region) = TpchWords.Nations[unit];
        batch.Column<Int32Builder>(0).Append((int)unit);
        batch.Column<Utf8Builder>(1).Append(name);
        batch.Column<Int32Builder>(2).Append(region);
        batch.Column<Utf8Builder>(3).Append(_text.Pick(ref bits, 31, 114));
    }
}
