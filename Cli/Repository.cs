using OrleansFlow.Errors;

namespace OrleansFlow.Cli;

/// <summary>The checkout from which this command was built; some commands (demo, test, bench) need its other projects.</summary>
internal static class Repository
{
    /// <summary>Configuration in which the launcher builds.</summary>
    public const string Configuration = "release";

    /// <summary>Absolute path of the checkout.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: the command runs outside a checkout.</exception>
    public static string Root => Find() ?? throw new FlowException(
        FlowErrorCode.NotFound, "This command needs the OrleansFlow checkout. Run it as './flow' from there.");

    /// <summary>Path below the checkout.</summary>
    public static string Combine(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The built assembly of a project of the checkout.</summary>
    public static string Assembly(string project) => Combine("artifacts", "bin", project, Configuration, project + ".dll");

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OrleansFlow.sln")))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
