using System.Text.RegularExpressions;

namespace OrleansFlow.Tests.Architecture;

/// <summary>Rules that hold for every source file.</summary>
public sealed partial class SourceFileTests
{
    private const int MaxLines = 300;

    [Fact]
    public void SourceFiles_StayUnderTheLineLimit()
    {
        var tooLong = Files(RepositoryRoot.Path)
            .Where(file => file.EndsWith(".cs", StringComparison.Ordinal))
            .Where(file => File.ReadLines(file).Count() > MaxLines)
            .Select(Relative);

        Assert.Empty(tooLong);
    }

    [Fact]
    public void LogEventIds_AreUnique()
    {
        var ids = ProductFiles()
            .SelectMany(file => EventId().Matches(File.ReadAllText(file)).Select(match => (Id: match.Groups[1].Value, File: Relative(file))))
            .GroupBy(found => found.Id)
            .Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(found => found.File))}");

        Assert.Empty(ids);
    }

    [Fact]
    public void ProductFiles_NeverShipWhatIsUnfinished()
    {
        var unfinished = ProductFiles()
            .Where(file => Unfinished().IsMatch(File.ReadAllText(file)))
            .Select(Relative);

        Assert.Empty(unfinished);
    }

    [Fact]
    public void TrackedTextFiles_NameNoMachinePathAndNoRegistryHost()
    {
        string[] endings = [".cs", ".csproj", ".props", ".targets", ".json", ".md", ".mjs", ".proto", ".yml", ".txt", ".cmd", ".npmrc"];
        var offending = Files(RepositoryRoot.Path)
            .Where(file => endings.Contains(Path.GetExtension(file)) || Path.GetFileName(file) is "flow" or "run" or ".npmrc")
            .Where(file => !file.EndsWith("SourceFileTests.cs", StringComparison.Ordinal))
            .Where(file => MachinePath().IsMatch(File.ReadAllText(file)))
            .Select(Relative);

        Assert.Empty(offending);
    }

    private static IEnumerable<string> ProductFiles() =>
        Files(RepositoryRoot.Path).Where(file => file.EndsWith(".cs", StringComparison.Ordinal) && !Relative(file).StartsWith("Tests/", StringComparison.Ordinal));

    private static IEnumerable<string> Files(string folder)
    {
        foreach (var child in Directory.EnumerateDirectories(folder))
        {
            if (Path.GetFileName(child) is "artifacts" or "node_modules" or ".git" or ".flow" or "bin" or "obj")
            {
                continue;
            }

            foreach (var file in Files(child))
            {
                yield return file;
            }
        }

        foreach (var file in Directory.EnumerateFiles(folder))
        {
            yield return file;
        }
    }

    private static string Relative(string file) => Path.GetRelativePath(RepositoryRoot.Path, file).Replace('\\', '/');

    [GeneratedRegex(@"EventId = (\d+)")]
    private static partial Regex EventId();

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b|async void|Thread\.Sleep")]
    private static partial Regex Unfinished();

    [GeneratedRegex("""(?<![A-Za-z0-9_.~:/$}*-])/(work|farm|root|tmp|home)/[a-z]|registry\.npmjs|api\.nuget""")]
    private static partial Regex MachinePath();
}
