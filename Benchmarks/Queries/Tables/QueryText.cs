using System.Globalization;
using System.Reflection;

namespace OrleansFlow.Benchmarks.Queries.Tables;

/// <summary>A query with what is needed to compare its result with another one.</summary>
/// <param name="Name">Short and unique in its set, such as <c>q01</c>.</param>
/// <param name="Sql">One statement without a semicolon.</param>
/// <param name="Order">What ORDER BY fixes: places of result columns, from 0. Empty: rows come in any order.</param>
/// <param name="FloatTolerance">Largest relative difference of floating-point values; 0: none.</param>
public sealed record QueryText(string Name, string Sql, IReadOnlyList<int> Order, double FloatTolerance)
{
    private const string QueryMark = "-- query:";
    private const string OrderMark = "-- order:";
    private const string FloatMark = "-- float tolerance:";

    /// <summary>The queries that are resources below a folder of this library, by name.</summary>
    /// <param name="folder">Path below the library's root with a slash at the end, such as <c>Tpch/</c>.</param>
    internal static IReadOnlyList<QueryText> Load(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        return
        [
            .. assembly.GetManifestResourceNames()
                .Select(name => (Name: name, Path: name.Replace('\\', '/')))
                .Where(resource => resource.Path.StartsWith(folder, StringComparison.Ordinal) && resource.Path.EndsWith(".sql", StringComparison.Ordinal))
                .OrderBy(resource => resource.Path, StringComparer.Ordinal)
                .SelectMany(resource => Parse(Path.GetFileNameWithoutExtension(resource.Path), assembly.GetManifestResourceStream(resource.Name)!)),
        ];
    }

    /// <summary>
    /// Reads queries. Comments before a query say how its result is ordered and how exact its numbers are; a line <c>-- query: NAME</c>
    /// begins the next one, and a file without such a line is one query with the file's name.
    /// </summary>
    internal static IEnumerable<QueryText> Parse(string name, Stream stream)
    {
        using var reader = new StreamReader(stream);
        var order = Array.Empty<int>();
        var tolerance = 0.0;
        var sql = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith(QueryMark, StringComparison.Ordinal))
            {
                if (sql.Exists(text => text.Trim().Length > 0))
                {
                    yield return Create(name, sql, order, tolerance);
                }

                (name, order, tolerance) = (line[QueryMark.Length..].Trim(), [], 0.0);
                sql.Clear();
            }
            else if (line.StartsWith(OrderMark, StringComparison.Ordinal))
            {
                order = [.. line[OrderMark.Length..].Split(',').Select(place => int.Parse(place, CultureInfo.InvariantCulture))];
            }
            else if (line.StartsWith(FloatMark, StringComparison.Ordinal))
            {
                tolerance = double.Parse(line[FloatMark.Length..], CultureInfo.InvariantCulture);
            }
            else
            {
                sql.Add(line);
            }
        }

        yield return Create(name, sql, order, tolerance);
    }

    private static QueryText Create(string name, List<string> sql, int[] order, double tolerance)
    {
        return new QueryText(name, string.Join('\n', sql).Trim().TrimEnd(';'), order, tolerance);
    }
}
