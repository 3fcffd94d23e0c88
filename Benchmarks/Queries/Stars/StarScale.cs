namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>Row counts of the star schema at a size.</summary>
public sealed class StarScale
{
    /// <summary>Works out the row counts.</summary>
    /// <param name="tickets">Purchases in stores, 100 to 10^9; each has some five lines. Everything else follows from it.</param>
    public StarScale(long tickets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tickets, 100);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tickets, 1_000_000_000);
        Tickets = tickets;
        WebOrders = tickets / 3;
        Customers = Math.Max(50, tickets / 8);
        Items = Math.Max(40, (long)(20 * Math.Sqrt(tickets)));
        Stores = Math.Clamp((int)(tickets / 1_000), 6, 400);
        Promotions = Math.Clamp((int)(tickets / 500), 10, 1_000);
    }

    /// <summary>Purchases in stores.</summary>
    public long Tickets { get; }

    /// <summary>Purchases on the web: a third of <see cref="Tickets"/>.</summary>
    public long WebOrders { get; }

    /// <summary>Customers: an eighth of <see cref="Tickets"/>.</summary>
    public long Customers { get; }

    /// <summary>Items, growing with the root of <see cref="Tickets"/>.</summary>
    public long Items { get; }

    /// <summary>Stores.</summary>
    public int Stores { get; }

    /// <summary>Promotions.</summary>
    public int Promotions { get; }
}
