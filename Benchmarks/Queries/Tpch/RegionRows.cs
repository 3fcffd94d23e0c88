using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>Table REGION: 5 rows at every scale.</summary>
internal sealed class RegionRows(ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private readonly TpchText _text = TpchText.Of(seed);

    public static ArrowSchema Schema { get; } = new(
        Fields.Int("r_regionkey"), Fields.Text("r_name"), Fields.Text("r_comment"));

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, TpchPurpose.Region, unit);
        batch.Column<Int32Builder>(0).Append((int)unit);
        batch.Column<Utf8Builder>(1).Append(TpchWords.Regions[unit]);
        batch.Column<Utf8Builder>(2).Append(_text.Pick(ref bits, 31, 115));
    }
}
