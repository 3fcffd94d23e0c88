namespace OrleansFlow.Tests.Streaming.Lives;

/// <summary>Files of events that several projects share; not on every machine.</summary>
internal static class SharedData
{
    /// <summary>Their folder; null where there is none.</summary>
    public static string? Folder { get; } = Above(RepositoryRoot.Path).Select(folder => Path.Combine(folder, "shared", "data", "streaming")).FirstOrDefault(Directory.Exists);

    /// <summary>A file of it; null where there is none.</summary>
    public static string? Find(string file) => Folder is { } folder && File.Exists(Path.Combine(folder, file)) ? Path.Combine(folder, file) : null;

    private static IEnumerable<string> Above(string folder)
    {
        for (var next = Directory.GetParent(folder); next is not null; next = next.Parent)
        {
            yield return next.FullName;
        }
    }
}
