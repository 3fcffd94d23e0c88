using System.Reflection.Metadata;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>The attributes that change what a user may write. What tools and serializers read is not API.</summary>
internal static class AttributeTraits
{
    private static readonly HashSet<string> Compared = new(StringComparer.Ordinal)
    {
        "System.AttributeUsageAttribute",
        "System.FlagsAttribute",
        "System.ParamArrayAttribute",
        "System.Runtime.CompilerServices.CallerArgumentExpressionAttribute",
        "System.Runtime.CompilerServices.CallerFilePathAttribute",
        "System.Runtime.CompilerServices.CallerLineNumberAttribute",
        "System.Runtime.CompilerServices.CallerMemberNameAttribute",
        "System.Runtime.CompilerServices.ExtensionAttribute",
        "System.Runtime.CompilerServices.IsByRefLikeAttribute",
        "System.Runtime.CompilerServices.IsReadOnlyAttribute",
        "System.Runtime.CompilerServices.ParamCollectionAttribute",
        "System.Runtime.CompilerServices.RequiredMemberAttribute",
    };

    public static void Add(MetadataReader reader, CustomAttributeHandleCollection handles, SortedDictionary<string, string> traits)
    {
        foreach (var (name, attribute) in AttributeReader.Of(reader, handles))
        {
            if (Compared.Contains(name))
            {
                traits[Short(name)] = AttributeReader.Text(attribute);
            }
            else if (name == "System.ObsoleteAttribute" && !IsCompilerMade(attribute))
            {
                traits["Obsolete"] = "yes";
            }
        }
    }

    // The compiler marks ref structs and types with required members so that old compilers refuse them.
    private static bool IsCompilerMade(CustomAttribute attribute) =>
        AttributeReader.Values(attribute).FixedArguments is [{ Value: string text }, ..] && text.Contains("not supported", StringComparison.Ordinal);

    private static string Short(string name) => name[(name.LastIndexOf('.') + 1)..].Replace("Attribute", "", StringComparison.Ordinal);
}
