namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>What random numbers are drawn for. Changing a number changes the data.</summary>
internal static class StarPurpose
{
    public const uint Store = 1;
    public const uint Promotion = 2;
    public const uint Item = 3;
    public const uint Customer = 4;
    public const uint StoreSale = 5;
    public const uint StoreReturn = 6;
    public const uint WebSale = 7;
}
