using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Streaming.Udfs.CSharp;

/// <summary>What sources are compiled against: the assemblies that this process runs with.</summary>
internal static class RuntimeReferences
{
    private static readonly HashSet<string> RestrictedNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "System.Private.CoreLib", "System.Runtime", "System.Collections", "System.Linq", "System.Memory", "System.Private.Uri", "System.Runtime.Numerics", "System.Text.RegularExpressions",
        "System.Text.Json", "System.Security.Cryptography", typeof(FunctionCall).Assembly.GetName().Name!,
    };

    private static readonly Lazy<ImmutableArray<MetadataReference>> LazyAll = new(() => Load(static _ => true));
    private static readonly Lazy<ImmutableArray<MetadataReference>> LazyRestricted = new(() => Load(RestrictedNames.Contains));

    /// <summary>All of them.</summary>
    public static ImmutableArray<MetadataReference> All => LazyAll.Value;

    /// <summary>Those that the policy allows something of.</summary>
    public static ImmutableArray<MetadataReference> Restricted => LazyRestricted.Value;

    private static ImmutableArray<MetadataReference> Load(Func<string, bool> isWanted)
    {
        var paths = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return [.. paths.Where(path => isWanted(Path.GetFileNameWithoutExtension(path))).Select(static path => (MetadataReference)MetadataReference.CreateFromFile(path))];
    }
}
