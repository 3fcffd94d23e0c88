using System.Reflection;
using System.Runtime.Loader;

namespace OrleansFlow.Tests.Compatibility.Contracts;

/// <summary>The solution's own assemblies, as its build left them beside this one.</summary>
internal static class BuiltAssemblies
{
    /// <summary>Projects with grain code that is the same source in both runtimes.</summary>
    public static readonly string[] Product = ["OrleansFlow.Grains.Interfaces", "OrleansFlow.Grains", "OrleansFlow.Storage", "OrleansFlow.Silo", "OrleansFlow.Client", "OrleansFlow.Worker", "flow"];

    private static readonly Lazy<AssemblyLoadContext> Context = new(CreateContext);

    private static string Root => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));

    private static string Configuration => Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    /// <summary>Names of the assemblies whose projects say <c>UsesGrainRuntime</c>, those of the embedded runtime alone left out.</summary>
    public static IReadOnlyList<string> WithGrainRuntime()
    {
        var projects = Directory.EnumerateFiles(RepositoryRoot.Path, "*.csproj", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}artifacts{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(file => (Name: Path.GetFileNameWithoutExtension(file), Text: File.ReadAllText(file)))
            .Where(project => project.Text.Contains("<UsesGrainRuntime>true", StringComparison.Ordinal) && !project.Text.Contains("<EmbeddedOnly>true", StringComparison.Ordinal))
            .Select(project => project.Name);
        return [.. projects.Order(StringComparer.Ordinal)];
    }

    /// <summary>Those of <see cref="WithGrainRuntime"/> that can be read: all of them in CI, elsewhere what was built.</summary>
    public static IReadOnlyList<string> BuiltWithGrainRuntime()
    {
        Find("OrleansFlow.Grains.Interfaces");
        return [.. WithGrainRuntime().Where(name => TryFind(name) is not null || Environment.GetEnvironmentVariable("FLOW_REQUIRE_ALL") == "1")];
    }

    /// <summary>Where an assembly was built; null when it was not.</summary>
    public static string? TryFind(string name)
    {
        var project = name == "flow" ? "OrleansFlow.Cli" : name;
        var path = Path.Combine(Root, project, Configuration, name + ".dll");
        return File.Exists(path) ? path : null;
    }

    /// <summary>The path of an assembly; skips the test, or fails it in CI, when it was not built.</summary>
    public static string Find(string name)
    {
        var path = TryFind(name);
        Requires.That(path is not null, $"the assembly {name}; build the solution");
        return path!;
    }

    /// <summary>Loads an assembly and what it needs; nothing of it is run.</summary>
    public static Assembly Load(string name) => Context.Value.LoadFromAssemblyPath(Find(name));

    private static AssemblyLoadContext CreateContext()
    {
        var context = new AssemblyLoadContext("built");
        context.Resolving += static (owner, name) =>
        {
            var beside = owner.Assemblies.Select(assembly => Path.Combine(Path.GetDirectoryName(assembly.Location)!, name.Name + ".dll")).FirstOrDefault(File.Exists);
            return beside is null ? null : owner.LoadFromAssemblyPath(beside);
        };
        return context;
    }
}
