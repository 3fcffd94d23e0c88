using System.Globalization;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>Row counts of a scale factor: clause 4.2.5.1 of the specification, times the factor.</summary>
public sealed class TpchScale
{
    /// <summary>Smallest factor: below it the formula of clause 4.2.3 would give a part the same supplier twice.</summary>
    public const double FactorMin = 0.01;

    /// <summary>Largest factor: 100,000, the largest one that the specification defines.</summary>
    public const double FactorMax = 100_000;

    /// <summary>Works out the row counts.</summary>
    /// <param name="factor"><see cref="FactorMin"/> to <see cref="FactorMax"/>; 1 is about a gigabyte of text.</param>
    /// <exception cref="ArgumentException">The factor is out of range, or one of the few below 0.03 at which a part would have the same supplier twice.</exception>
    public TpchScale(double factor)
    {
        if (!(factor is >= FactorMin and <= FactorMax))
        {
            throw new ArgumentOutOfRangeException(nameof(factor), $"The scale factor is {factor.ToString(CultureInfo.InvariantCulture)}; it must be {FactorMin} to {FactorMax}.");
        }

        Factor = factor;
        Suppliers = Rows(10_000);
        Parts = Rows(200_000);
        Customers = Rows(150_000);
        Orders = Rows(1_500_000);
        Clerks = Rows(1_000);
        SpecialSuppliers = Rows(5);
        for (long step = Suppliers / 4; step <= (Suppliers / 4) + ((Parts - 1) / Suppliers); step++)
        {
            if (step % Suppliers == 0 || step * 2 % Suppliers == 0 || step * 3 % Suppliers == 0)
            {
                throw new ArgumentException($"At scale factor {factor.ToString(CultureInfo.InvariantCulture)} a part would have the same supplier twice; take 0.01, or 0.03 or more.", nameof(factor));
            }
        }
    }

    /// <summary>The factor.</summary>
    public double Factor { get; }

    /// <summary>10,000 times the factor.</summary>
    public long Suppliers { get; }

    /// <summary>200,000 times the factor. Each part has four suppliers.</summary>
    public long Parts { get; }

    /// <summary>150,000 times the factor.</summary>
    public long Customers { get; }

    /// <summary>1,500,000 times the factor. An order has four lines on average.</summary>
    public long Orders { get; }

    /// <summary>1,000 times the factor.</summary>
    public long Clerks { get; }

    /// <summary>Suppliers whose comment tells of complaints, and as many of recommendations: 5 times the factor, at least 1.</summary>
    public long SpecialSuppliers { get; }

    /// <summary>A supplier of a part, by the formula of clause 4.2.3 (PS_SUPPKEY and L_SUPPKEY).</summary>
    /// <param name="part">1 to <see cref="Parts"/>.</param>
    /// <param name="index">Which one: 0 to 3.</param>
    internal long SupplierOf(long part, int index) => ((part + (index * ((Suppliers / 4) + ((part - 1) / Suppliers)))) % Suppliers) + 1;

    /// <summary>The sparse key of an order: the first 8 of each 32 keys are used (clause 4.2.3, O_ORDERKEY).</summary>
    /// <param name="index">0 to <see cref="Orders"/> - 1.</param>
    internal static long OrderKey(long index) => (index / 8 * 32) + (index % 8) + 1;

    /// <summary>A customer that has orders: every third one has none.</summary>
    /// <param name="index">0 to <see cref="BuyingCustomers"/> - 1.</param>
    internal static long BuyingCustomer(long index) => (index / 2 * 3) + (index % 2) + 1;

    /// <summary>Customers whose key is not divisible by 3.</summary>
    internal long BuyingCustomers => Customers - (Customers / 3);

    /// <summary>The price of a part in cents (P_RETAILPRICE).</summary>
    internal static long PriceCents(long part) => 90_000 + (part / 10 % 20_001) + (100 * (part % 1_000));

    private long Rows(long atOne) => Math.Max(1, (long)Math.Round(atOne * Factor));
}
