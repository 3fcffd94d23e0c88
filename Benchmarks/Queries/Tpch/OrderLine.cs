using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>The values of one line of an order that other values hang on: the order's price and status need all of its lines.</summary>
internal readonly struct OrderLine
{
    /// <summary>STARTDATE of clause 4.2.2.12, in days since 1970.</summary>
    public static readonly int StartDay = ArrowTime.FromDate(new DateOnly(1992, 1, 1));

    /// <summary>CURRENTDATE.</summary>
    public static readonly int CurrentDay = ArrowTime.FromDate(new DateOnly(1995, 6, 17));

    /// <summary>ENDDATE.</summary>
    public static readonly int EndDay = ArrowTime.FromDate(new DateOnly(1998, 12, 31));

    private OrderLine(TpchScale scale, ref SeededBits bits, int orderDay)
    {
        Part = 1 + bits.Below(scale.Parts);
        Supplier = scale.SupplierOf(Part, bits.Below(4));
        Quantity = bits.Between(1, 50);
        PriceCents = Quantity * TpchScale.PriceCents(Part);
        DiscountPercent = bits.Between(0, 10);
        TaxPercent = bits.Between(0, 8);
        ShipDay = orderDay + bits.Between(1, 121);
        CommitDay = orderDay + bits.Between(30, 90);
        ReceiptDay = ShipDay + bits.Between(1, 30);
        var more = bits.Next();
        IsReturned = (more & 1) != 0;
        Instruction = (int)(more >> 1) & 3;
        Mode = (int)(((more >> 32) * 7) >> 32);
    }

    public long Part { get; }

    public long Supplier { get; }

    public int Quantity { get; }

    public long PriceCents { get; }

    public int DiscountPercent { get; }

    public int TaxPercent { get; }

    public int ShipDay { get; }

    public int CommitDay { get; }

    public int ReceiptDay { get; }

    /// <summary>Whether a received line is returned (R) or accepted (A).</summary>
    public bool IsReturned { get; }

    /// <summary>Place in <see cref="TpchWords.Instructions"/>.</summary>
    public int Instruction { get; }

    /// <summary>Place in <see cref="TpchWords.Modes"/>.</summary>
    public int Mode { get; }

    /// <summary>Whether the line is on its way (L_LINESTATUS O) on the current day, else finished (F).</summary>
    public bool IsOpen => ShipDay > CurrentDay;

    /// <summary>What the line adds to the order's price, in millionths: price, less discount, plus tax.</summary>
    public long ChargeMillionths => PriceCents * (100 - DiscountPercent) * (100 + TaxPercent);

    /// <summary>Most lines of an order.</summary>
    public const int CountMax = 7;

    /// <summary>The lines of an order.</summary>
    /// <param name="scale">Row counts.</param>
    /// <param name="seed">Seed of the data.</param>
    /// <param name="order">Number of the order, from 0.</param>
    /// <param name="lines">Room for <see cref="CountMax"/>.</param>
    /// <param name="orderDay">O_ORDERDATE, in days since 1970.</param>
    /// <returns>How many lines there are.</returns>
    public static int Fill(TpchScale scale, ulong seed, long order, Span<OrderLine> lines, out int orderDay)
    {
        var bits = new SeededBits(seed, TpchPurpose.Line, order);
        orderDay = bits.Between(StartDay, EndDay - 151);
        var count = bits.Between(1, CountMax);
        for (var i = 0; i < count; i++)
        {
            lines[i] = new OrderLine(scale, ref bits, orderDay);
        }

        return count;
    }
}
