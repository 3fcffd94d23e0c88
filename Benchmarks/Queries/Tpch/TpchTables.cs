using System.Globalization;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>
/// Tables with the schema, cardinalities, distributions and text grammar of the TPC-H specification (revision 3.0.1, clauses 1.4 and 4.2).
/// </summary>
/// <remarks>
/// TPC-H-derived: written from the specification, not from its reference program, whose random numbers it does not share. Rows therefore
/// differ from the official ones, figures are not comparable with published results, and answers are checked against DuckDB over the same
/// files. Where the specification leaves something open: see <see cref="WeightedWords"/> and <see cref="TpchText"/>. Below scale factor
/// 0.2 one supplier (instead of none) has complaints, so that query 16 filters something.
/// </remarks>
public static class TpchTables
{
    /// <summary>The seed that is used unless another one is asked for.</summary>
    public const ulong DefaultSeed = 19_920_101;

    /// <summary>The eight tables at a scale.</summary>
    /// <param name="scale">Row counts.</param>
    /// <param name="seed">Same seed and scale: same rows, on every machine and in every version.</param>
    public static TableSet Create(TpchScale scale, ulong seed = DefaultSeed)
    {
        ArgumentNullException.ThrowIfNull(scale);
        return new TableSet(
            string.Create(CultureInfo.InvariantCulture, $"tpch-sf{scale.Factor}-s{seed}-v1"),
            [
                new("region", RegionRows.Schema, TpchWords.Regions.Length, batch => new RegionRows(seed, batch)),
                new("nation", NationRows.Schema, TpchWords.Nations.Length, batch => new NationRows(seed, batch)),
                new("supplier", SupplierRows.Schema, scale.Suppliers, batch => new SupplierRows(scale, seed, batch)),
                new("customer", CustomerRows.Schema, scale.Customers, batch => new CustomerRows(seed, batch)),
                new("part", PartRows.Schema, scale.Parts, batch => new PartRows(seed, batch)),
                new("partsupp", PartSupplierRows.Schema, scale.Parts, batch => new PartSupplierRows(scale, seed, batch)),
                new("orders", OrderRows.Schema, scale.Orders, batch => new OrderRows(scale, seed, batch)),
                new("lineitem", LineItemRows.Schema, scale.Orders, batch => new LineItemRows(scale, seed, batch)),
            ]);
    }
}
