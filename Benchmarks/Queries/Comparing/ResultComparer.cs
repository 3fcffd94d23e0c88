using System.Collections;
using System.Globalization;
using System.Text;

namespace OrleansFlow.Benchmarks.Queries.Comparing;

/// <summary>
/// Says whether two results are the same: the same rows as often as each other and, where the query asks for an order, the same sequence
/// of what it orders by. Rows that are alike in those columns may stand in any order, as SQL has it.
/// </summary>
/// <remarks>
/// Values are compared by their meaning and not their type: 1 of 32 bits, of 64 bits and as a decimal without places are the same. Without
/// a tolerance floating-point values must have the same bits (NaN is NaN, -0 is 0).
/// </remarks>
public static class ResultComparer
{
    private const int RowsShown = 5;

    /// <summary>Compares two results.</summary>
    /// <param name="expected">What should come.</param>
    /// <param name="actual">What came.</param>
    /// <param name="order">Places of the columns that the query orders by; empty for none.</param>
    /// <param name="floatTolerance">Largest relative difference of two floating-point values that are taken for the same; 0 for none.</param>
    /// <returns>Null when they are the same, else what differs, for people.</returns>
    public static string? Compare(ResultTable expected, ResultTable actual, IReadOnlyList<int> order, double floatTolerance = 0)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        ArgumentNullException.ThrowIfNull(order);
        if (!expected.Columns.SequenceEqual(actual.Columns))
        {
            return $"Columns differ: expected {string.Join(", ", expected.Columns)}; got {string.Join(", ", actual.Columns)}.";
        }

        return CompareRows(expected.Rows, actual.Rows, floatTolerance) ?? CompareOrder(expected.Rows, actual.Rows, order, floatTolerance);
    }

    /// <summary>A value as text that is the same for equal values of different types.</summary>
    public static string Format(object? value) => value switch
    {
        null => "NULL",
        string text => $"'{text}'",
        bool flag => flag ? "true" : "false",
        double number => Format(number),
        float number => Format((double)number),
        Half number => Format((double)number),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        DateOnly date => date.ToString("O", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        IDictionary map => $"{{{string.Join(", ", map.Keys.Cast<object>().Select(key => $"{Format(key)}: {Format(map[key])}"))}}}",
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Format))}]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Format(double number) => (double.IsNaN(number) ? double.NaN : number + 0.0).ToString("R", CultureInfo.InvariantCulture);

    private static string? CompareRows(
        IReadOnlyList<IReadOnlyList<object?>> expected, IReadOnlyList<IReadOnlyList<object?>> actual, double tolerance)
    {
        // Rows are grouped by everything that must be exactly the same; what is left in a group differs in rounding only.
        var open = new Dictionary<string, List<IReadOnlyList<object?>>>(StringComparer.Ordinal);
        foreach (var row in expected)
        {
            var key = Key(row, tolerance);
            if (!open.TryGetValue(key, out var group))
            {
                open[key] = group = [];
            }

            group.Add(row);
        }

        var surplus = new List<string>();
        var surplusCount = 0;
        foreach (var row in actual)
        {
            if (open.TryGetValue(Key(row, tolerance), out var group) && Find(group, row, tolerance) is { } place)
            {
                group[place] = group[^1];
                group.RemoveAt(group.Count - 1);
                continue;
            }

            surplusCount++;
            if (surplus.Count < RowsShown)
            {
                surplus.Add(Show(row));
            }
        }

        var missing = open.Values.SelectMany(group => group).ToList();
        if (surplusCount == 0 && missing.Count == 0)
        {
            return null;
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Rows differ: expected {expected.Count}, got {actual.Count}; {missing.Count} missing, {surplusCount} too many.");
        foreach (var row in missing.Take(RowsShown))
        {
            text.Append("\n  missing  ").Append(Show(row));
        }

        foreach (var row in surplus)
        {
            text.Append("\n  too many ").Append(row);
        }

        return text.ToString();
    }

    private static string? CompareOrder(
        IReadOnlyList<IReadOnlyList<object?>> expected, IReadOnlyList<IReadOnlyList<object?>> actual, IReadOnlyList<int> order, double tolerance)
    {
        for (var row = 0; row < expected.Count; row++)
        {
            foreach (var column in order)
            {
                if (!AreSame(expected[row][column], actual[row][column], tolerance))
                {
                    return $"Order differs at row {row}: expected {Show(expected[row])}; got {Show(actual[row])}.";
                }
            }
        }

        return null;
    }

    private static int? Find(List<IReadOnlyList<object?>> group, IReadOnlyList<object?> row, double tolerance)
    {
        for (var place = 0; place < group.Count; place++)
        {
            var candidate = group[place];
            var isSame = true;
            for (var column = 0; column < row.Count && isSame && tolerance > 0; column++)
            {
                isSame = !IsFloat(row[column]) || AreSame(candidate[column], row[column], tolerance);
            }

            if (isSame)
            {
                return place;
            }
        }

        return null;
    }

    private static bool AreSame(object? expected, object? actual, double tolerance)
    {
        if (tolerance > 0 && IsFloat(expected) && IsFloat(actual))
        {
            var a = Convert.ToDouble(expected, CultureInfo.InvariantCulture);
            var b = Convert.ToDouble(actual, CultureInfo.InvariantCulture);
            return a.Equals(b) || Math.Abs(a - b) <= tolerance * Math.Max(Math.Abs(a), Math.Abs(b));
        }

        return Format(expected) == Format(actual);
    }

    private static bool IsFloat(object? value) => value is double or float or Half;

    private static string Key(IReadOnlyList<object?> row, double tolerance)
    {
        var key = new StringBuilder();
        foreach (var value in row)
        {
            // The unit separator keeps two columns apart that could otherwise be read as one.
            key.Append(tolerance > 0 && IsFloat(value) ? "float" : Format(value)).Append('\u001f');
        }

        return key.ToString();
    }

    private static string Show(IReadOnlyList<object?> row) => $"({string.Join(", ", row.Select(Format))})";
}
