using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Makes columns equally long after a record that broke off, by nulls. What was begun and not ended belongs to a null, and not to the next record.</summary>
internal static class ColumnMender
{
    /// <summary>Mends all columns of a builder.</summary>
    /// <param name="rows">The columns.</param>
    /// <param name="lengthMin">Rows that there have to be: one more than before the record at least, since an open list is ended only by a row behind it.</param>
    /// <returns>Rows that there are.</returns>
    public static int Mend(RecordBatchBuilder rows, int lengthMin)
    {
        var length = lengthMin;
        for (var i = 0; i < rows.Schema.Fields.Count; i++)
        {
            length = Math.Max(length, Reached(rows.Column(i)));
        }

        for (var i = 0; i < rows.Schema.Fields.Count; i++)
        {
            Extend(rows.Column(i), length);
        }

        return length;
    }

    /// <summary>Values that a column has, with one that was begun in a field of it.</summary>
    private static int Reached(ArrowArrayBuilder column)
    {
        var length = column.Length;
        if (column is StructBuilder row)
        {
            for (var i = 0; i < row.Type.Children.Count; i++)
            {
                length = Math.Max(length, Reached(row.Field(i)));
            }
        }

        return length;
    }

    private static void Extend(ArrowArrayBuilder column, int length)
    {
        if (column.Length >= length)
        {
            return;
        }

        if (column is StructBuilder row)
        {
            while (row.Length < length)
            {
                for (var i = 0; i < row.Type.Children.Count; i++)
                {
                    Extend(row.Field(i), row.Length + 1);
                }

                row.CloseRow();
            }

            return;
        }

        if (column is ListBuilder list)
        {
            Extend(list.Items, Reached(list.Items) + 1);
        }

        while (column.Length < length)
        {
            column.AppendNull();
        }
    }
}
