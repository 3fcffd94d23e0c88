using System.Reflection;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>The assemblies that the proof reads.</summary>
internal sealed class ApiEvidence : IDisposable
{
    /// <summary>Package, assembly, and whether it is one of the two that hold API which users compile against.</summary>
    private static readonly (string Package, string Assembly, bool Defines)[] Packages =
    [
        ("microsoft.orleans.core.abstractions", "Orleans.Core.Abstractions", true),
        ("microsoft.orleans.testinghost", "Orleans.TestingHost", true),
        ("microsoft.orleans.clustering.adonet", "Orleans.Clustering.AdoNet", false),
        ("microsoft.orleans.persistence.adonet", "Orleans.Persistence.AdoNet", false),
        ("microsoft.orleans.reminders.adonet", "Orleans.Reminders.AdoNet", false),
    ];

    private ApiEvidence(IReadOnlyList<ApiAssembly> assemblies)
    {
        Assemblies = assemblies;
        Definitions = assemblies.Where((_, index) => Packages[index].Defines)
            .SelectMany(assembly => assembly.Types.Values.Where(type => ApiAssembly.IsApi(type.Name)).Select(type => (Type: type, Assembly: assembly)))
            .ToDictionary(item => item.Type.Name, StringComparer.Ordinal);
        References = [.. assemblies.Select(ApiReferences.Of)];
    }

    public IReadOnlyList<ApiAssembly> Assemblies { get; }

    /// <summary>Types that the two packages define, public or not, by full name.</summary>
    public IReadOnlyDictionary<string, (ApiType Type, ApiAssembly Assembly)> Definitions { get; }

    public IReadOnlyList<ApiReferences> References { get; }

    /// <summary>The version of Orleans that the build would reference.</summary>
    public static string Version => Metadata("OrleansVersion");

    /// <summary>Null when the packages were not restored, as on a machine without a package feed.</summary>
    public static ApiEvidence? TryLoad()
    {
        var paths = Packages.Select(item => Path.Combine(Metadata("OrleansPackages"), item.Package, Version, "lib", "net10.0", item.Assembly + ".dll")).ToList();
        return paths.TrueForAll(File.Exists) ? new ApiEvidence([.. paths.Select(ApiAssembly.Load)]) : null;
    }

    private static string Metadata(string key) =>
        typeof(ApiEvidence).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == key).Value!;

    public void Dispose()
    {
        foreach (var assembly in Assemblies)
        {
            assembly.Dispose();
        }
    }
}
