using System.Xml.Linq;

namespace OrleansFlow.Tests.Architecture;

/// <summary>Who may know whom: the table of docs/architecture.md, section "The folders", as a test. References are transitive.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> Table = new(StringComparer.Ordinal)
    {
        ["Foundation/Arrow"] = [],
        ["Foundation/Rpc"] = [],
        ["Foundation/Rpc.Server"] = ["Rpc"],
        ["Foundation/Flight"] = ["Rpc", "Arrow"],
        ["Foundation/Engine"] = ["Arrow"],
        ["Foundation/Embedded"] = ["Rpc"],
        ["Foundation/Embedded.CodeGen"] = [],
        ["Abstractions"] = ["Arrow"],
        ["Decisions"] = ["Abstractions"],
        ["Workflows"] = ["Abstractions"],
        ["Workflows.Stores"] = ["Workflows"],
        ["Grains.Interfaces"] = ["Workflows"],
        ["Workflows.CodeGen"] = [],
        ["Grains"] = ["Grains.Interfaces", "Decisions"],
        ["Storage"] = ["Abstractions"],
        ["Sql"] = ["Abstractions", "Engine", "Flight"],
        ["Streaming"] = ["Sql"],
        ["Worker"] = ["Decisions", "Streaming", "Rpc.Server", "Workflows"],
        ["Client"] = ["Flight", "Grains.Interfaces"],
        ["Silo"] = ["Grains", "Storage", "Worker", "Rpc.Server"],
        ["Simulation"] = ["Grains", "Worker", "Embedded"],
        ["Testing"] = ["Silo"],
        ["Cli"] = ["Client", "Silo", "Simulation"],
        ["Benchmarks/Queries"] = ["Engine"],
        ["Benchmarks"] = ["Benchmarks.Queries", "Client", "Silo", "Simulation"],
    };

    public static TheoryData<string> Projects() => [.. Table.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectReferences_AreOnlyTheAllowedOnes(string folder)
    {
        var actual = References(ProjectFile(folder)).ToList();

        Assert.Empty(actual.Except(Table[folder]));
    }

    [Fact]
    public void EveryProductProject_StandsInTheTable()
    {
        var folders = ProductProjects().Select(file => Path.GetRelativePath(RepositoryRoot.Path, Path.GetDirectoryName(file)!).Replace('\\', '/'));

        Assert.Equal(Table.Keys.Order(StringComparer.Ordinal), folders.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void GrainRuntime_IsReferencedOnlyThroughTheSwitch()
    {
        var direct = ProductProjects().Where(file => References(file).Any(name => name.StartsWith("Embedded", StringComparison.Ordinal)))
            .Select(file => Path.GetFileNameWithoutExtension(file));

        // The simulation is a feature of the embedded runtime itself.
        Assert.Equal(["OrleansFlow.Simulation"], direct);
    }

    [Fact]
    public void EveryProject_IsInTheSolution()
    {
        // It shows how to meet a package that OrleansFlow does without, so building OrleansFlow must not restore it.
        const string OutsideSample = "samples/ArrowInterop/OrleansFlow.Samples.ArrowInterop.csproj";
        var solution = File.ReadAllText(RepositoryRoot.Combine("OrleansFlow.sln")).Replace('\\', '/');
        var missing = Directory.EnumerateFiles(RepositoryRoot.Path, "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(RepositoryRoot.Path, file).Replace('\\', '/'))
            .Where(file => !file.StartsWith("artifacts/", StringComparison.Ordinal) && !file.Contains("node_modules/", StringComparison.Ordinal))
            .Where(file => file != OutsideSample && !solution.Contains($"\"{file}\"", StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    private static IEnumerable<string> ProductProjects() =>
        Table.Keys.Select(folder => folder.Split('/')[0]).Distinct(StringComparer.Ordinal)
            .SelectMany(folder => Directory.EnumerateFiles(RepositoryRoot.Combine(folder), "*.csproj", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateDirectories(RepositoryRoot.Path)
                .Where(folder => Path.GetFileName(folder) is not ("Tests" or "samples" or "artifacts" or "eng" or "docs") && Path.GetFileName(folder)[0] != '.')
                .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories)))
            .Distinct(StringComparer.Ordinal);

    private static string ProjectFile(string folder) =>
        Directory.EnumerateFiles(RepositoryRoot.Combine(folder.Split('/')), "*.csproj").Single();

    // A code generator that runs in the build is no part of what is built.
    private static IEnumerable<string> References(string projectFile) =>
        XDocument.Load(projectFile).Descendants("ProjectReference")
            .Where(reference => (string?)reference.Attribute("OutputItemType") != "Analyzer")
            .Select(reference => Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/'))["OrleansFlow.".Length..]);
}
