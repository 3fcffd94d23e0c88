using System.Globalization;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Streaming.State;

/// <summary>
/// Names of what a job keeps, under its folder. Everything that a generation writes alone lies under the generation, so that one that does not
/// know that it is replaced overwrites nothing; only records of epochs and savepoints are shared, and those are created conditionally.
/// </summary>
internal static class CheckpointLayout
{
    /// <summary>Beginning of all records of epochs.</summary>
    public const string Records = "epochs/epoch-";

    /// <summary>Beginning of all generations.</summary>
    public const string Generations = "generations/";

    /// <summary>Beginning of all savepoints.</summary>
    public const string Savepoints = "savepoints/";

    /// <summary>End of the names of manifests.</summary>
    public const string ManifestName = "/manifest.pb";

    /// <summary>Name of the mark of a commit in the folder of its checkpoint.</summary>
    public const string CommittedName = "committed";

    /// <summary>The folder of a generation; ends with a slash.</summary>
    public static string Generation(long generation) => string.Create(CultureInfo.InvariantCulture, $"{Generations}{generation:0000000}/");

    /// <summary>The folder of a checkpoint; ends with a slash.</summary>
    public static string Checkpoint(long generation, long epoch) => string.Create(CultureInfo.InvariantCulture, $"{Generation(generation)}checkpoints/checkpoint-{epoch:0000000}/");

    /// <summary>What belongs to a checkpoint.</summary>
    public static string Manifest(long generation, long epoch) => Checkpoint(generation, epoch)[..^1] + ManifestName;

    /// <summary>That the sinks of a checkpoint committed.</summary>
    public static string Committed(long generation, long epoch) => Checkpoint(generation, epoch) + CommittedName;

    /// <summary>What a generation began from, and its latest checkpoint.</summary>
    public static string GenerationManifest(long generation) => Generation(generation) + "generation.json";

    /// <summary>That somebody began a generation: created once, by whom it was given to.</summary>
    public static string GenerationClaim(long generation) => Generation(generation) + "claimed";

    /// <summary>The generation that a name lies under.</summary>
    /// <returns>False for what lies elsewhere.</returns>
    public static bool TryParseGeneration(string name, out long generation)
    {
        generation = 0;
        return name.Split('/') is ["generations", var first, ..] && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out generation);
    }

    /// <summary>Which manifest an epoch belongs to: created once, by its owner.</summary>
    public static string Record(long epoch) => string.Create(CultureInfo.InvariantCulture, $"{Records}{epoch:0000000}.record");

    /// <summary>A file of a table.</summary>
    public static string TableFile(long generation, long epoch, string operatorId, string table, int subtask, int compaction) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Checkpoint(generation, epoch)}operator-{ObjectName.Escape(operatorId)}/table-{ObjectName.Escape(table)}-{subtask:000}{(compaction == 0 ? "" : $"-g{compaction}")}");

    /// <summary>The manifest of a savepoint.</summary>
    public static string Savepoint(string name) => $"{Savepoints}{ObjectName.Escape(name)}{ManifestName}";

    /// <summary>Whether a name is of a savepoint, or of one of its files.</summary>
    public static bool IsSavepoint(string name) => name.StartsWith(Savepoints, StringComparison.Ordinal);

    /// <summary>The generation and epoch that a name lies under.</summary>
    /// <returns>False for what lies elsewhere.</returns>
    public static bool TryParse(string name, out long generation, out long epoch)
    {
        generation = epoch = 0;
        var parts = name.Split('/');
        return parts is ["generations", var first, "checkpoints", var second, ..]
            && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out generation)
            && second.StartsWith("checkpoint-", StringComparison.Ordinal)
            && long.TryParse(second.AsSpan("checkpoint-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out epoch);
    }

    /// <summary>The epoch of a record's name.</summary>
    /// <returns>False for another name.</returns>
    public static bool TryParseRecord(string name, out long epoch)
    {
        epoch = 0;
        return name.StartsWith(Records, StringComparison.Ordinal) && name.EndsWith(".record", StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(Records.Length, name.Length - Records.Length - ".record".Length), NumberStyles.None, CultureInfo.InvariantCulture, out epoch);
    }
}
