using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>Which files a table has: pure functions over their descriptions.</summary>
internal static class FileLists
{
    /// <summary>The hashes of a file.</summary>
    public static KeyRange Keys(this TableFile file) => new(file.MinHash, file.MaxHash);

    /// <summary>
    /// The files in the order in which their rows were appended. Of one epoch the compacted ones come first: they hold what was before the
    /// file that was not compacted.
    /// </summary>
    public static List<TableFile> InOrder(IEnumerable<TableFile> files) =>
        [.. files.DistinctBy(file => file.Path, StringComparer.Ordinal).OrderBy(file => file.Epoch).ThenByDescending(file => file.Generation).ThenBy(file => file.Path, StringComparer.Ordinal)];

    /// <summary>
    /// The hashes whose rows a file does not give any more, since a compacted file of the list has them. Subtasks take compacted files at
    /// different checkpoints, and one that is late still names a file that holds rows of others too.
    /// </summary>
    public static KeyRange[] CoveredOf(TableFile file, IReadOnlyList<TableFile> files) =>
        [.. files.Where(made => made.Generation > file.Generation && made.Epoch >= file.Epoch && made.Keys().Overlaps(file.Keys())).Select(Keys)];

    /// <summary>The files that give rows of some keys, in order.</summary>
    public static List<TableFile> Of(IReadOnlyList<TableFile> files, KeyRange keys) => InOrder(files.Where(file => file.Keys().Overlaps(keys)
        && !CoveredOf(file, files).Any(covered => covered.Min <= Math.Max(keys.Min, file.MinHash) && covered.Max >= Math.Min(keys.Max, file.MaxHash))));

    /// <summary>The files without those whose rows are all older than a time.</summary>
    public static List<TableFile> NotBefore(IReadOnlyList<TableFile> files, long? timeMicros) =>
        [.. files.Where(file => timeMicros is not { } least || !file.HasMaxTimeMicros || file.MaxTimeMicros >= least)];

    /// <summary>
    /// Puts compacted files in the place of those that they were made from: all of a lower generation up to the epoch of the compacted one.
    /// Compaction takes all files of the generations that it takes, so nothing else is replaced. Files outside the keys are left out.
    /// </summary>
    public static List<TableFile> Replace(IReadOnlyList<TableFile> files, IReadOnlyList<TableFile> compacted, KeyRange keys)
    {
        var result = files.ToList();
        foreach (var made in compacted)
        {
            result.RemoveAll(file => file.Generation < made.Generation && file.Epoch <= made.Epoch);
        }

        result.AddRange(compacted.Where(made => made.MinHash <= made.MaxHash && made.Keys().Overlaps(keys) && result.TrueForAll(file => file.Path != made.Path)));
        return InOrder(result);
    }
}
