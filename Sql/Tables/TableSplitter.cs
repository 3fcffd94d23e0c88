namespace OrleansFlow.Sql.Tables;

/// <summary>
/// Divides files among parts by their bytes. Pure. Parts take the files in order, so that each reads neighbours: a small file stays whole, a large one is
/// divided between row groups. No part has more than its share and one such piece.
/// </summary>
internal static class TableSplitter
{
    // A file below this share of a part is not worth opening twice.
    private const double WholeShare = 0.25;

    // More separate ranges than this make a text of a part long; then what lies between the nearest is read too.
    private const int RangesMax = 64;

    /// <summary>Divides a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="partCount">Parts, at least 1.</param>
    /// <param name="keeps">Whether the row group of a file (-1: all of it) may have rows that are wanted.</param>
    public static IReadOnlyList<IReadOnlyList<FileRead>> Split(TableDescription table, int partCount, Func<int, int, bool> keeps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partCount, 1);
        var parts = new List<FileRead>[partCount];
        for (var part = 0; part < partCount; part++)
        {
            parts[part] = [];
        }

        if (table.WholeReason is not null)
        {
            for (var file = 0; file < table.Files.Count; file++)
            {
                parts[0].Add(new FileRead(file, null, null));
            }

            return parts;
        }

        var kept = Keep(table, keeps);
        var total = kept.Sum(file => file.Bytes);
        double before = 0;

        // The engine skips row groups by itself; parts list them only while that keeps their texts short.
        var listsRanges = kept.Count(file => file.Groups?.Count < table.Files[file.File].RowGroups.Count) <= RangesMax;
        foreach (var file in kept)
        {
            var isWhole = file.Groups is null || file.Bytes <= total / partCount * WholeShare;
            if (isWhole)
            {
                Add(table, parts[PartOf(before + (file.Bytes / 2), total, partCount)], file, listsRanges ? file.Groups : null);
                before += file.Bytes;
                continue;
            }

            foreach (var group in file.Groups!)
            {
                var bytes = Weight(table.Files[file.File].RowGroups[group].ByteCount);
                Add(table, parts[PartOf(before + (bytes / 2), total, partCount)], file, [group]);
                before += bytes;
            }
        }

        foreach (var part in parts)
        {
            Bridge(part);
        }

        return parts;
    }

    private static int PartOf(double middle, double total, int partCount) => Math.Min(partCount - 1, (int)(middle / total * partCount));

    private static double Weight(long bytes) => Math.Max(1, bytes);

    private static List<KeptFile> Keep(TableDescription table, Func<int, int, bool> keeps)
    {
        var kept = new List<KeptFile>();
        for (var file = 0; file < table.Files.Count; file++)
        {
            var found = table.Files[file];
            if (found.SizeBytes == 0 || !keeps(file, -1))
            {
                continue;
            }

            if (found.RowGroups.Count == 0)
            {
                kept.Add(new KeptFile(file, null, Weight(found.SizeBytes)));
                continue;
            }

            var groups = new List<int>(found.RowGroups.Count);
            double bytes = 0;
            for (var group = 0; group < found.RowGroups.Count; group++)
            {
                if (keeps(file, group))
                {
                    groups.Add(group);
                    bytes += Weight(found.RowGroups[group].ByteCount);
                }
            }

            if (groups.Count > 0)
            {
                kept.Add(new KeptFile(file, groups, bytes));
            }
        }

        return kept;
    }

    // Row groups that follow each other become one range, and all of a file the file itself.
    private static void Add(TableDescription table, List<FileRead> part, KeptFile file, IReadOnlyList<int>? groups)
    {
        if (groups is null)
        {
            part.Add(new FileRead(file.File, null, null));
            return;
        }

        var all = table.Files[file.File].RowGroups;
        foreach (var index in groups)
        {
            var group = all[index];
            if (part.Count > 0 && part[^1] is { } last && last.File == file.File && last.EndRow == group.FirstRow)
            {
                part[^1] = last with { RowCount = last.RowCount + group.RowCount };
            }
            else
            {
                part.Add(new FileRead(file.File, group.FirstRow, group.RowCount));
            }

            if (part[^1] is var read && read.FirstRow == all[0].FirstRow && read.EndRow == all[^1].FirstRow + all[^1].RowCount)
            {
                part[^1] = new FileRead(file.File, null, null);
            }
        }
    }

    private static void Bridge(List<FileRead> part)
    {
        var ranges = part.Count(read => read.FirstRow is not null);
        while (ranges > RangesMax)
        {
            var nearest = -1;
            var gap = long.MaxValue;
            for (var index = 1; index < part.Count; index++)
            {
                if (part[index].File == part[index - 1].File && part[index].FirstRow - part[index - 1].EndRow is { } rows && rows < gap)
                {
                    (nearest, gap) = (index, rows);
                }
            }

            if (nearest < 0)
            {
                return;
            }

            var first = part[nearest - 1];
            part[nearest - 1] = first with { RowCount = part[nearest].EndRow - first.FirstRow };
            part.RemoveAt(nearest);
            ranges--;
        }
    }

    private sealed record KeptFile(int File, List<int>? Groups, double Bytes);
}
