using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>Table <c>promotion</c>.</summary>
internal sealed class PromotionRows(ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private static readonly WordList Purposes = new("seasonal", "clearance", "loyalty", "launch");

    public static ArrowSchema Schema { get; } = new(
        Fields.Int("p_promo_key"),
        Fields.Text("p_purpose", isNullable: true),
        Fields.Flag("p_by_mail", isNullable: true),
        Fields.Flag("p_by_event", isNullable: true),
        Fields.Amount("p_cost"));

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, StarPurpose.Promotion, unit);
        batch.Column<Int32Builder>(0).Append((int)unit + 1);
        if (bits.Chance(5))
        {
            batch.Column(1).AppendNull();
        }
        else
        {
            batch.Column<Utf8Builder>(1).Append(Purposes.Pick(ref bits));
        }

        batch.Column<BooleanBuilder>(2).Append(bits.Chance(5) ? null : bits.Chance(50));
        batch.Column<BooleanBuilder>(3).Append(bits.Chance(5) ? null : bits.Chance(20));
        batch.Column<Decimal128Builder>(4).Append((Int128)bits.Between(500_00, 2_000_00));
    }
}
