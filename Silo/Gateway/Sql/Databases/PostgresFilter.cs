using System.Globalization;
using System.Text.RegularExpressions;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Worker.Queries.Databases;

namespace OrleansFlow.Silo.Gateway.Sql.Databases;

/// <summary>
/// What conditions of a scan are in PostgreSQL's words. The engine checks them again, so that some may be left out: those that PostgreSQL might take otherwise.
/// </summary>
internal static partial class PostgresFilter
{
    // A longer list costs more to send than it leaves out.
    private const int ValuesMax = 1_000;

    /// <summary>A condition that is true of every row of which the scan's conditions are; empty where nothing is known.</summary>
    public static string Write(PostgresRead table, IEnumerable<ScanCondition> conditions) =>
        string.Join(" AND ", conditions.Select(condition => condition.Test is { } test ? Write(table, test) : null).OfType<string>());

    private static string? Write(PostgresRead table, ScanTest test)
    {
        if (table.Columns.FirstOrDefault(column => column.Name.Equals(test.Column, StringComparison.OrdinalIgnoreCase)) is not { IsArray: false } column || test.Values.Count > ValuesMax)
        {
            return null;
        }

        var name = PostgresText.Quote(column.Name);
        if (test.Kind is ScanTestKind.IsNull or ScanTestKind.IsNotNull)
        {
            return $"{name} IS {(test.Kind == ScanTestKind.IsNull ? "" : "NOT ")}NULL";
        }

        var values = test.Values.Select(value => Literal(column, value)).OfType<string>().ToList();
        if (values.Count < test.Values.Count)
        {
            return null;
        }

        // Texts are ordered by their bytes, as the engine does; equal ones are equal in every order.
        var order = column.IsPlainText && test.Kind is not (ScanTestKind.Equal or ScanTestKind.In) ? " COLLATE \"C\"" : "";
        return test.Kind switch
        {
            ScanTestKind.In => $"{name} IN ({string.Join(", ", values)})",
            ScanTestKind.Equal => $"{name} = {values[0]}",
            ScanTestKind.NotEqual => $"{name}{order} <> {values[0]}",
            ScanTestKind.Less => $"{name}{order} < {values[0]}",
            ScanTestKind.LessOrEqual => $"{name}{order} <= {values[0]}",
            ScanTestKind.Greater => $"{name}{order} > {values[0]}",
            _ => $"{name}{order} >= {values[0]}",
        };
    }

    private static string? Literal(PostgresColumn column, string value) => column.Form switch
    {
        PostgresForm.Int16 or PostgresForm.Int32 or PostgresForm.Int64 or PostgresForm.Decimal => Number().IsMatch(value) ? value : null,
        PostgresForm.Date or PostgresForm.Timestamp when column.TypeId != PostgresColumn.TimestampTzId && Moment().IsMatch(value) =>
            string.Create(CultureInfo.InvariantCulture, $"{(value.Length > 10 ? "timestamp" : "date")} '{value}'"),
        PostgresForm.Text when column.IsPlainText => PostgresText.TryLiteral(value),
        _ => null,
    };

    [GeneratedRegex(@"\A-?[0-9]{1,40}(\.[0-9]{1,40})?\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Number();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)?\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Moment();
}
