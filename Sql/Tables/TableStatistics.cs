using System.Globalization;

namespace OrleansFlow.Sql.Tables;

/// <summary>Puts what the footers say of columns together.</summary>
internal static class TableStatistics
{
    /// <summary>What is known of each column that all row groups know something of.</summary>
    /// <param name="columns">The columns of the table.</param>
    /// <param name="files">Its files.</param>
    /// <param name="partitionColumns">Those whose values stand in the paths.</param>
    public static IReadOnlyDictionary<string, ColumnStatistics> Of(
        IReadOnlyList<TableColumn> columns, IReadOnlyList<TableFile> files, IReadOnlyList<string> partitionColumns)
    {
        var result = new Dictionary<string, ColumnStatistics>(StringComparer.OrdinalIgnoreCase);
        foreach (var column in columns)
        {
            var place = partitionColumns.Select((name, index) => name.Equals(column.Name, StringComparison.OrdinalIgnoreCase) ? index : -1)
                .FirstOrDefault(index => index >= 0, -1);
            if ((place >= 0 ? OfPaths(column, files, place) : Of(column, files)) is { } known)
            {
                result[column.Name] = known;
            }
        }

        return result;
    }

    /// <summary>A value as a place on a line: numbers are themselves, dates are days and timestamps seconds. Null for what has no place.</summary>
    public static double? Place(string type, string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (type is "DATE")
        {
            return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date.DayNumber : null;
        }

        if (type.StartsWith("TIMESTAMP", StringComparison.Ordinal))
        {
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.UtcTicks / 1e7 : null;
        }

        return IsNumber(type) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
    }

    private static bool IsNumber(string type) => type is "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT"
        or "HUGEINT" or "UHUGEINT" or "DOUBLE" or "FLOAT" || type.StartsWith("DECIMAL", StringComparison.Ordinal);

    private static ColumnStatistics OfPaths(TableColumn column, IReadOnlyList<TableFile> files, int place)
    {
        var places = files.Select(file => Place(column.Type, file.PartitionValues[place])).OfType<double>().ToArray();
        var rowCount = files.Sum(file => file.RowCount);
        var nullCount = files.Where(file => file.PartitionValues[place] is null).Sum(file => file.RowCount);
        return new ColumnStatistics(
            places.Length == 0 ? null : places.Min(),
            places.Length == 0 ? null : places.Max(),
            rowCount == 0 ? 0 : nullCount / (double)rowCount,
            files.Select(file => file.PartitionValues[place]).OfType<string>().Distinct(StringComparer.Ordinal).Count());
    }

    private static ColumnStatistics? Of(TableColumn column, IReadOnlyList<TableFile> files)
    {
        double? min = null;
        double? max = null;
        long nullCount = 0;
        long rowCount = 0;
        long? distinctCount = null;
        var isCounted = true;
        var spanCount = 0;
        double spanSum = 0;
        long distinctSum = 0;
        var isBounded = true;
        var isKnown = false;
        IReadOnlyList<TableColumn>? schema = null;
        var position = -1;
        foreach (var file in files)
        {
            if (!ReferenceEquals(schema, file.Columns))
            {
                schema = file.Columns;
                position = schema.Select((candidate, index) => candidate.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase) ? index : -1)
                    .FirstOrDefault(index => index >= 0, -1);
            }

            foreach (var group in file.RowGroups)
            {
                rowCount += group.RowCount;
                if (position < 0 || group.Ranges[position] is not { } range)
                {
                    isBounded = false;
                    continue;
                }

                isKnown = true;
                nullCount += range.NullCount ?? 0;
                distinctCount = range.DistinctCount is { } count ? Math.Max(distinctCount ?? 0, count) : distinctCount;
                isCounted &= range.DistinctCount is not null || range.NullCount == group.RowCount;
                if (range.NullCount == group.RowCount)
                {
                    continue;
                }

                var low = Place(column.Type, range.Min);
                var high = Place(column.Type, range.Max);
                isBounded &= low is not null && high is not null;
                spanCount++;
                spanSum += high - low ?? 0;
                distinctSum += range.DistinctCount ?? 0;
                min = min is null || low < min ? low ?? min : min;
                max = max is null || high > max ? high ?? max : max;
            }
        }

        // Row groups that share few of their values together have more than the richest of them.
        if (distinctCount is { } most && isBounded && max > min && spanCount > 0)
        {
            var overlap = Math.Clamp(spanSum / spanCount / (max.Value - min!.Value), 1.0 / spanCount, 1);
            distinctCount = Math.Min(distinctSum, (long)(most / overlap));
        }

        return isKnown
            ? new ColumnStatistics(isBounded ? min : null, isBounded ? max : null, rowCount == 0 ? 0 : nullCount / (double)rowCount, isCounted ? distinctCount : null)
            : null;
    }
}
