using System.Collections;
using System.Globalization;
using System.Text;

namespace OrleansFlow.Arrow;

/// <summary>Values and batches as text for people; not a format for programs.</summary>
public static class ArrowFormatter
{
    /// <summary>A value as text: invariant culture, <c>null</c> for null, bytes in hexadecimal, lists in brackets.</summary>
    public static string FormatValue(ArrowArray array, int index)
    {
        ArgumentNullException.ThrowIfNull(array);
        return Format(array.GetValue(index));
    }

    /// <summary>A batch as a table with a header line.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="maxRows">Rows to show; a last line says how many were left out. Default 50.</param>
    /// <param name="maxWidth">Characters of a column; longer values end in an ellipsis. Default 60, at least 1.</param>
    public static string Format(RecordBatch batch, int maxRows = 50, int maxWidth = 60)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfNegative(maxRows);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWidth, 1);
        var rows = Math.Min(maxRows, batch.RowCount);
        var cells = new string[rows + 1, batch.ColumnCount];
        var widths = new int[batch.ColumnCount];
        for (var column = 0; column < batch.ColumnCount; column++)
        {
            for (var row = 0; row <= rows; row++)
            {
                var text = row == 0 ? batch.Schema.Fields[column].Name : FormatValue(batch.Column(column), row - 1);
                text = text.Length <= maxWidth ? text : string.Concat(text.AsSpan(0, maxWidth - 1), "…");
                cells[row, column] = text;
                widths[column] = Math.Max(widths[column], text.Length);
            }
        }

        var output = new StringBuilder();
        for (var row = 0; row <= rows; row++)
        {
            AppendLine(output, cells, row, widths, batch);
            if (row == 0 && widths.Length > 0)
            {
                output.AppendJoin("-+-", widths.Select(width => new string('-', width))).Append('\n');
            }
        }

        if (rows < batch.RowCount)
        {
            output.Append(CultureInfo.InvariantCulture, $"({batch.RowCount - rows} more rows)\n");
        }
        else if (batch.ColumnCount == 0)
        {
            output.Append(CultureInfo.InvariantCulture, $"({batch.RowCount} rows without columns)\n");
        }

        return output.ToString();
    }

    /// <summary>A table with a header line; see <see cref="Format(RecordBatch, int, int)"/>.</summary>
    /// <param name="table">The rows; those that are shown are copied.</param>
    /// <param name="maxRows">Rows to show; a last line says how many were left out. Default 50.</param>
    /// <param name="maxWidth">Characters of a column; longer values end in an ellipsis. Default 60, at least 1.</param>
    public static string Format(ArrowTable table, int maxRows = 50, int maxWidth = 60)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentOutOfRangeException.ThrowIfNegative(maxRows);
        using var head = table.Slice(0, Math.Min(maxRows, table.RowCount));
        using var batch = head.Combine();
        var text = Format(batch, maxRows, maxWidth);
        return head.RowCount < table.RowCount
            ? text + string.Create(CultureInfo.InvariantCulture, $"({table.RowCount - head.RowCount} more rows)\n")
            : text;
    }

    private static void AppendLine(StringBuilder output, string[,] cells, int row, int[] widths, RecordBatch batch)
    {
        if (widths.Length == 0)
        {
            return;
        }

        var start = output.Length;
        for (var column = 0; column < widths.Length; column++)
        {
            var text = cells[row, column];
            var right = row > 0 && batch.Column(column).Type is IntegerType or FloatingPointType or DecimalType;
            output.Append(column == 0 ? "" : " | ").Append(right ? text.PadLeft(widths[column]) : text.PadRight(widths[column]));
        }

        var end = output.Length;
        while (end > start && output[end - 1] == ' ')
        {
            end--;
        }

        output.Length = end;
        output.Append('\n');
    }

    private static string Format(object? value) => value switch
    {
        null => "null",
        string text => text,
        bool flag => flag ? "true" : "false",
        byte[] bytes => Convert.ToHexString(bytes),
        DateTimeOffset time => time.ToString(time.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-ddTHH:mm:ss" : "yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        KeyValuePair<string, object?>[] row => "{" + string.Join(", ", row.Select(field => $"{field.Key}: {Format(field.Value)}")) + "}",
        KeyValuePair<object?, object?>[] map => "{" + string.Join(", ", map.Select(entry => $"{Format(entry.Key)}: {Format(entry.Value)}")) + "}",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable items => "[" + string.Join(", ", items.Cast<object?>().Select(Format)) + "]",
        _ => value.ToString() ?? "",
    };
}
