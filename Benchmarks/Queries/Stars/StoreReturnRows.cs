using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>Table <c>store_returns</c>; a unit is a purchase, of which a line in ten comes back, whole or in part.</summary>
internal sealed class StoreReturnRows(StarScale scale, ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private static readonly WordList Reasons = new("too small", "too large", "damaged", "wrong item", "changed mind");

    private readonly StoreTicket _ticket = new(scale, seed);

    public static ArrowSchema Schema { get; } = new(
        Fields.Int("sr_date_key", isNullable: true),
        Fields.Int("sr_item_key"),
        Fields.Int("sr_customer_key", isNullable: true),
        Fields.Int("sr_store_key", isNullable: true),
        Fields.Key("sr_ticket"),
        Fields.Int("sr_quantity"),
        Fields.Amount("sr_amount"),
        Fields.Text("sr_reason", isNullable: true));

    public void Append(long unit)
    {
        _ticket.Read(unit);
        var bits = new SeededBits(seed, StarPurpose.StoreReturn, unit);
        foreach (ref readonly var line in _ticket.Lines)
        {
            if (line.ReturnedQuantity == 0)
            {
                continue;
            }

            // Days after the last one of the calendar are not known to it.
            var day = _ticket.Day + bits.Between(1, 90);
            Int(0, day > DateRows.Count ? null : day);
            Int(1, (int)line.Item + 1);
            Int(2, bits.Chance(2) ? null : _ticket.Customer);
            Int(3, _ticket.Store);
            batch.Column<Int64Builder>(4).Append(unit + 1);
            Int(5, line.ReturnedQuantity);
            batch.Column<Decimal128Builder>(6).Append((Int128)((long)line.SaleCents * line.ReturnedQuantity));
            if (bits.Chance(10))
            {
                batch.Column(7).AppendNull();
            }
            else
            {
                batch.Column<Utf8Builder>(7).Append(Reasons.Pick(ref bits));
            }
        }
    }

    private void Int(int column, int? value) => batch.Column<Int32Builder>(column).Append(value);
}
