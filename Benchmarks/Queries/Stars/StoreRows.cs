using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>Table <c>store</c>.</summary>
internal sealed class StoreRows(ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private static readonly WordList Names = new("north", "south", "harbour", "station", "old town", "park", "river", "hill");
    private static readonly WordList Cities = new("Fairview", "Midway", "Oak Grove", "Five Points", "Pleasant Hill", "Centerville");
    private static readonly WordList States = new("TN", "GA", "OH", "TX");

    public static ArrowSchema Schema { get; } = new(
        Fields.Int("s_store_key"),
        Fields.Text("s_name"),
        Fields.Text("s_city"),
        Fields.Text("s_state"),
        Fields.Int("s_floor_space", isNullable: true),
        Fields.Int("s_employees"),
        Fields.Date("s_closed_on", isNullable: true));

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, StarPurpose.Store, unit);
        batch.Column<Int32Builder>(0).Append((int)unit + 1);
        batch.Column<Utf8Builder>(1).Append(Names.Pick(ref bits));
        batch.Column<Utf8Builder>(2).Append(Cities.Pick(ref bits));
        batch.Column<Utf8Builder>(3).Append(States[(int)bits.Skewed(States.Count, 1)]);
        batch.Column<Int32Builder>(4).Append(bits.Chance(10) ? null : bits.Between(5_000, 10_000) * 1_000);
        batch.Column<Int32Builder>(5).Append(bits.Between(200, 300));
        batch.Column<Date32Builder>(6).Append(bits.Chance(80) ? null : ArrowTime.FromDate(DateRows.First) + bits.Below(DateRows.Count));
    }
}
