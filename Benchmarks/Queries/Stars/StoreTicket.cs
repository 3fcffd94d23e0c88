using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>A purchase in a store; its sales and its returns are made from the same numbers.</summary>
internal sealed class StoreTicket(StarScale scale, ulong seed)
{
    private readonly SaleLine[] _lines = new SaleLine[SaleLine.CountMax];
    private int _count;

    public int? Day { get; private set; }

    public int? Customer { get; private set; }

    public int? Store { get; private set; }

    public ReadOnlySpan<SaleLine> Lines => _lines.AsSpan(0, _count);

    /// <summary>Goes to a purchase, numbered from 0.</summary>
    public void Read(long ticket)
    {
        var bits = new SeededBits(seed, StarPurpose.StoreSale, ticket);
        Day = bits.Chance(3) ? null : DateRows.Pick(ref bits);
        Customer = bits.Chance(4) ? null : 1 + (int)bits.Skewed(scale.Customers, 1);
        Store = bits.Chance(2) ? null : 1 + (int)bits.Skewed(scale.Stores, 1);
        _count = SaleLine.Fill(scale, seed, ref bits, _lines);
    }
}
