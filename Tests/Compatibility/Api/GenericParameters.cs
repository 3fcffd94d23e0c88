using System.Reflection;
using System.Reflection.Metadata;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>Type parameters with variance and constraints, as text.</summary>
internal static class GenericParameters
{
    public static string Text(MetadataReader reader, GenericParameterHandleCollection handles) =>
        string.Join("; ", handles.Select(handle => Text(reader, reader.GetGenericParameter(handle))));

    private static string Text(MetadataReader reader, GenericParameter parameter)
    {
        var constraints = parameter.GetConstraints().Select(handle => SignatureReader.Node(reader, reader.GetGenericParameterConstraint(handle).Type).Text)
            .Order(StringComparer.Ordinal);
        var flags = parameter.Attributes & (GenericParameterAttributes.SpecialConstraintMask | GenericParameterAttributes.VarianceMask
            | GenericParameterAttributes.AllowByRefLike);
        return $"{reader.GetString(parameter.Name)} [{flags}] {string.Join(",", constraints)}".TrimEnd();
    }
}
