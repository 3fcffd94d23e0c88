using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Benchmarks.Queries.Tpch;

[assembly: AssemblyFixture(typeof(OrleansFlow.Tests.Queries.TpchFiles))]

namespace OrleansFlow.Tests.Queries;

/// <summary>The TPC-H-derived tables at scale factor 0.01, larger ones in three files of several row groups.</summary>
public sealed class TpchFiles() : GeneratedFiles(
    TpchTables.Create(Scale), new TableFileOptions { FileCount = 3, ThreadCount = 2, RowGroupRowCount = 8_192 })
{
    public static TpchScale Scale { get; } = new(0.01);
}
