using System.Xml.Linq;
using OrleansFlow.Tests.Compatibility.Api;
using OrleansFlow.Tests.Compatibility.Contracts;

namespace OrleansFlow.Tests.Compatibility.Runtimes;

/// <summary>
/// Goal: one source for the embedded runtime and for Orleans. The build over Orleans cannot run where its packages do not restore, so
/// its conditions are checked from what can be read: metadata, sources and project files.
/// </summary>
public sealed class TwoRuntimesTests
{
    private static readonly string[] SharedFolders =
        ["Grains.Interfaces", "Grains", "Storage", "Silo", "Client", "Worker", "Cli", "Benchmarks", "samples",
        "Tests/Cluster", "Tests/Grains", "Tests/Silo", "Tests/Storage"];

    [Fact]
    public void WhatOurAssembliesUse_IsInOrleans()
    {
        using var evidence = ApiEvidence.TryLoad();
        Requires.That(evidence is not null, "the packages of Orleans 10.4.2, which a restore of this project downloads");
        var faults = new List<string>();
        foreach (var name in BuiltAssemblies.BuiltWithGrainRuntime())
        {
            using var assembly = ApiAssembly.Load(BuiltAssemblies.Find(name));
            faults.AddRange(new RuntimeUse(ApiReferences.Of(assembly), evidence!).Faults.Select(fault => $"{name}: {fault}"));
        }

        Faults.None(faults);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void AtMostOneFileOfAProject_KnowsTheRuntime(string folder)
    {
        // A file that is for one runtime as a whole has no second half that could differ.
        var files = Sources(folder).Where(file => File.ReadAllText(file) is var text
            && !text.StartsWith("#if EMBEDDED_RUNTIME", StringComparison.Ordinal)
            && (text.Contains("EMBEDDED_RUNTIME", StringComparison.Ordinal) || text.Contains("Orleans.Embedded", StringComparison.Ordinal) || text.Contains("OrleansFlow.Embedded", StringComparison.Ordinal)));

        Assert.InRange(files.Count(), 0, 1);
    }

    [Fact]
    public void EveryOrleansPackage_HasTheOneVersion()
    {
        var versions = XDocument.Load(RepositoryRoot.Combine("Directory.Packages.props")).Descendants("PackageVersion")
            .Where(item => ((string)item.Attribute("Include")!).StartsWith("Microsoft.Orleans.", StringComparison.Ordinal))
            .ToList();

        Assert.All(versions, item => Assert.Equal("$(OrleansVersion)", (string?)item.Attribute("Version")));
        string[] needed = ["Sdk", "Server", "Client", "Streaming", "Reminders", "Persistence.AdoNet", "Clustering.AdoNet", "Clustering.Redis", "Reminders.AdoNet", "TestingHost"];
        Assert.Equal(needed.Select(name => "Microsoft.Orleans." + name).Order(StringComparer.Ordinal), versions.Select(item => (string)item.Attribute("Include")!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EveryOrleansPackage_IsReferencedInOrleansModeOnly()
    {
        var references = XDocument.Load(RepositoryRoot.Combine("Directory.Build.targets")).Descendants("PackageReference")
            .Where(item => ((string)item.Attribute("Include")!).StartsWith("Microsoft.Orleans.", StringComparison.Ordinal))
            .ToList();

        Assert.Equal(10, references.Count);
        Assert.All(references, item => Assert.Contains("'$(GrainRuntime)' == 'Orleans'", (string?)item.Parent!.Attribute("Condition"), StringComparison.Ordinal));
    }

    [Fact]
    public void ProjectsOverTheEmbeddedRuntimeItself_TakeNoPartInOrleansMode()
    {
        var projects = Directory.EnumerateFiles(RepositoryRoot.Path, "*.csproj", SearchOption.AllDirectories)
            .Where(file => !file.Contains("artifacts", StringComparison.Ordinal) && !file.Contains("node_modules", StringComparison.Ordinal))
            .Select(file => (Name: Path.GetFileNameWithoutExtension(file), Project: XDocument.Load(file)))
            .ToList();
        var embeddedOnly = projects.Where(item => item.Project.Descendants("EmbeddedOnly").Any(value => value.Value == "true")).Select(item => item.Name).ToHashSet(StringComparer.Ordinal);

        // What references such a project must be one itself, or say that the reference is for the embedded runtime.
        var faults = projects.Where(item => !embeddedOnly.Contains(item.Name)).SelectMany(item => item.Project.Descendants("ProjectReference")
            .Where(reference => embeddedOnly.Contains(Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/'))))
            .Where(reference => (string?)reference.Attribute("Condition") != "'$(GrainRuntime)' == 'Embedded'")
            .Select(reference => $"{item.Name} -> {(string)reference.Attribute("Include")!}"));

        Faults.None(faults);
        Assert.Superset(new HashSet<string> { "OrleansFlow.Embedded", "OrleansFlow.Simulation", "OrleansFlow.Tests.Embedded" }, embeddedOnly);
    }

    public static TheoryData<string> Folders() => [.. SharedFolders.SelectMany(folder => folder == "samples"
        ? Directory.EnumerateDirectories(RepositoryRoot.Combine(folder)).Select(path => $"samples/{Path.GetFileName(path)}")
        : [folder])];

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(RepositoryRoot.Combine(folder.Split('/')), "*.cs", SearchOption.AllDirectories);
}
