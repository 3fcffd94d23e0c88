using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>A file as a watcher found it. Another write time or size is a change.</summary>
/// <param name="Path">The file.</param>
/// <param name="WrittenUtc">When it was written last.</param>
/// <param name="Bytes">Its size.</param>
public sealed record FileChange(
    [property: JsonPropertyName("path")] string Path,
    [property: JsonPropertyName("writtenUtc")] DateTimeOffset WrittenUtc,
    [property: JsonPropertyName("bytes")] long Bytes)
{
    /// <summary>The file as it is now; <see langword="null"/> when there is none.</summary>
    /// <param name="path">The file.</param>
    public static FileChange? Look(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new(path, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero), file.Length) : null;
    }
}
