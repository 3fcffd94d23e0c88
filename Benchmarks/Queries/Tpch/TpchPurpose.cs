namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>What random numbers are drawn for; each kind is independent of the others. Changing a number changes the data.</summary>
internal static class TpchPurpose
{
    public const uint Text = 1;
    public const uint Region = 2;
    public const uint Nation = 3;
    public const uint Supplier = 4;
    public const uint Part = 5;
    public const uint PartSupplier = 6;
    public const uint Customer = 7;
    public const uint Order = 8;
    public const uint Line = 9;
    public const uint LineComment = 10;
    public const uint SpecialSuppliers = 11;
}
