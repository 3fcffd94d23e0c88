using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>What was paid for one item of a purchase, in cents.</summary>
internal readonly struct SaleLine
{
    private SaleLine(StarScale scale, ulong seed, ref SeededBits bits)
    {
        Item = bits.Skewed(scale.Items, 1);
        Promotion = bits.Chance(60) ? null : 1 + bits.Below(scale.Promotions);
        Quantity = bits.Between(1, 100);
        ListCents = ItemRows.PriceCents(seed, Item);
        CostCents = ListCents * bits.Between(40, 90) / 100;
        SaleCents = ListCents * bits.Between(50, 100) / 100;
        CouponCents = bits.Chance(85) ? 0 : (long)SaleCents * Quantity * bits.Between(1, 50) / 100;
        ReturnedQuantity = bits.Chance(90) ? 0 : bits.Between(1, Quantity);
    }

    /// <summary>Number of the item from 0; its key is one more.</summary>
    public long Item { get; }

    public int? Promotion { get; }

    public int Quantity { get; }

    public int ListCents { get; }

    public int CostCents { get; }

    public int SaleCents { get; }

    public long CouponCents { get; }

    /// <summary>How many came back; 0 for most lines.</summary>
    public int ReturnedQuantity { get; }

    public long PaidCents => ((long)SaleCents * Quantity) - CouponCents;

    /// <summary>Most lines of a purchase.</summary>
    public const int CountMax = 10;

    /// <summary>The lines of a purchase; an item comes at most once in it.</summary>
    public static int Fill(StarScale scale, ulong seed, ref SeededBits bits, Span<SaleLine> lines)
    {
        var wanted = bits.Between(1, CountMax);
        var count = 0;
        for (var i = 0; i < wanted; i++)
        {
            var line = new SaleLine(scale, seed, ref bits);
            var isKnown = false;
            foreach (ref readonly var other in lines[..count])
            {
                isKnown |= other.Item == line.Item;
            }

            if (!isKnown)
            {
                lines[count++] = line;
            }
        }

        return count;
    }
}
