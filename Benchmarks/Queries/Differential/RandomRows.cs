using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>Rows by the names and kinds of the columns.</summary>
internal sealed class RandomRows(SqlRelation relation, ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private const int DayCount = 120;

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, 1, unit);
        for (var index = 0; index < relation.Columns.Count; index++)
        {
            var column = relation.Columns[index];
            var draw = new SeededBits(bits.Next(), 2, unit);
            if (column.Name != "id" && draw.Chance(NullPercent(column.Name)))
            {
                batch.Column(index).AppendNull();
                continue;
            }

            switch (column.Kind)
            {
                case SqlKind.Whole when column.IsWide:
                    ((PrimitiveBuilder<long>)batch.Column(index)).Append(Integer(column.Name, unit, ref draw));
                    break;
                case SqlKind.Whole:
                    batch.Column<Int32Builder>(index).Append((int)Integer(column.Name, unit, ref draw));
                    break;
                case SqlKind.Exact:
                    batch.Column<Decimal128Builder>(index).Append((Int128)draw.Between(-20_000, 99_999));
                    break;
                case SqlKind.Text:
                    batch.Column<Utf8Builder>(index).Append(DifferentialTables.Words[(int)draw.Skewed(DifferentialTables.Words.Count, 1)]);
                    break;
                case SqlKind.Flag:
                    batch.Column<BooleanBuilder>(index).Append(draw.Chance(70));
                    break;
                default:
                    batch.Column<Date32Builder>(index).Append(DifferentialTables.FirstDay.AddDays((int)draw.Skewed(DayCount, 1)));
                    break;
            }
        }
    }

    private int NullPercent(string column) => (relation.Name, column) switch
    {
        ("sparse", "k") => 60,
        ("sparse", "v") => 85,
        (_, "amount" or "price" or "word" or "name" or "flag") => 15,
        _ => 6,
    };

    private static long Integer(string column, long unit, ref SeededBits bits) => column switch
    {
        "id" => unit + 1,

        // One key in four is the same one.
        "k" or "a" => bits.Chance(25) ? 7 : bits.Below(80),
        "d" or "parent" => 1 + bits.Skewed(75, 1),
        "q" or "b" => bits.Between(-3, 40),
        _ => bits.Between(-1_000, 100_000),
    };
}
