using System.Globalization;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>The 22 queries of the TPC-H specification (clause 2.4) with its validation parameters, in DuckDB's dialect.</summary>
public static class TpchQueries
{
    /// <summary>The queries <c>q01</c> to <c>q22</c>.</summary>
    /// <param name="scale">Query 11 has a parameter that the specification divides by the scale factor.</param>
    public static IReadOnlyList<QueryText> At(TpchScale scale)
    {
        ArgumentNullException.ThrowIfNull(scale);
        var fraction = (0.0001m / (decimal)scale.Factor).ToString("0.##########", CultureInfo.InvariantCulture);
        return [.. QueryText.Load("Tpch/").Select(query => query with { Sql = query.Sql.Replace("{fraction}", fraction, StringComparison.Ordinal) })];
    }
}
