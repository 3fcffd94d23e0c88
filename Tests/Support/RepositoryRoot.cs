namespace OrleansFlow.Tests;

/// <summary>Where the checkout lies, found by walking up from the test's own folder.</summary>
public static class RepositoryRoot
{
    /// <summary>Absolute path of the folder that holds <c>OrleansFlow.sln</c>.</summary>
    public static string Path { get; } = Find();

    /// <summary>Absolute path of a file or folder below the root.</summary>
    public static string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "OrleansFlow.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No OrleansFlow.sln above {AppContext.BaseDirectory}.");
    }
}
