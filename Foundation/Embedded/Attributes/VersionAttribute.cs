using Orleans.Metadata;

namespace Orleans.CodeGeneration;

/// <summary>The version of a grain interface. Here it only informs: a process has one version of an interface.</summary>
/// <param name="version">The version.</param>
[AttributeUsage(AttributeTargets.Interface)]
public sealed class VersionAttribute(ushort version) : Attribute, IGrainInterfacePropertiesProviderAttribute
{
    /// <summary>The version.</summary>
    public ushort Version { get; } = version;

    void IGrainInterfacePropertiesProviderAttribute.Populate(IServiceProvider services, Type interfaceType, Dictionary<string, string> properties) =>
        properties["version"] = Version.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
