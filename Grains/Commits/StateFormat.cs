using System.Text.Json;

namespace OrleansFlow.Grains.Commits;

/// <summary>The format number that each stored state carries, so that an older silo refuses what only a newer one understands.</summary>
/// <remarks>
/// 0, which is not written, and 1 are the first format. Further members alone do not raise it: a reader skips what it does not know. Checked
/// by the member itself, so that it holds in every storage.
/// </remarks>
internal static class StateFormat
{
    /// <summary>Gives <paramref name="format"/> back when it is known.</summary>
    /// <exception cref="JsonException">It is not; a storage of the project reports <c>state_corrupt</c> and keeps the row.</exception>
    public static int Known(int format, int newest = 1) => format >= 0 && format <= newest
        ? format
        : throw new JsonException($"format {format} is not known, 1 to {newest} are; use the version of OrleansFlow that wrote it, or a newer one");
}
