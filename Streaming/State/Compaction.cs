using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State;

/// <summary>What of a table is merged.</summary>
/// <param name="Inputs">The files, in the order in which their rows were appended.</param>
/// <param name="Older">The files of higher generations: what they cover is no input.</param>
/// <param name="Generation">How often the rows of the result were compacted.</param>
/// <param name="Epoch">Latest epoch of the inputs: what is older and of a lower generation is replaced.</param>
internal sealed record Compaction(IReadOnlyList<TableFile> Inputs, IReadOnlyList<TableFile> Older, int Generation, long Epoch)
{
    /// <summary>Whether nothing older is left: then rows that only say that a key is gone are not needed any more.</summary>
    public bool IsComplete => Older.Count == 0;

    /// <summary>
    /// Chooses all files of the lowest generation that has files of enough checkpoints. Always all of one: so files of a higher generation are older than
    /// those of a lower one, and what a merged file replaces follows from its epoch and generation.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="checkpointsMin">Checkpoints whose files make it worth the while. At least 2.</param>
    /// <returns>Null when there is nothing to do.</returns>
    public static Compaction? Choose(TableState table, int checkpointsMin)
    {
        if (table.Kind is not (TableKind.Timed or TableKind.Keyed))
        {
            return null;
        }

        var chosen = table.Files.GroupBy(file => file.Generation).Where(group => group.Select(file => file.Epoch).Distinct().Count() >= checkpointsMin).MinBy(group => group.Key);
        return chosen is null
            ? null
            : new Compaction(
                Tables.FileLists.InOrder(chosen), [.. table.Files.Where(file => file.Generation > chosen.Key)], (int)chosen.Key + 1, chosen.Max(file => file.Epoch));
    }
}
