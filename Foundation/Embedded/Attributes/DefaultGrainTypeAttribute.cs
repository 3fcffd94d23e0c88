namespace Orleans.Metadata;

/// <summary>Tells more about a grain interface than its members do.</summary>
public interface IGrainInterfacePropertiesProviderAttribute
{
    /// <summary>Adds properties.</summary>
    /// <param name="services">The services of the silo.</param>
    /// <param name="interfaceType">The interface.</param>
    /// <param name="properties">Where they are added.</param>
    void Populate(IServiceProvider services, Type interfaceType, Dictionary<string, string> properties);
}

/// <summary>Names the grain type that serves the interface where a caller names none.</summary>
/// <param name="grainType">The grain type.</param>
[AttributeUsage(AttributeTargets.Interface, AllowMultiple = false)]
public sealed class DefaultGrainTypeAttribute(string grainType) : Attribute, IGrainInterfacePropertiesProviderAttribute
{
    internal string GrainType { get; } = grainType;

    void IGrainInterfacePropertiesProviderAttribute.Populate(IServiceProvider services, Type interfaceType, Dictionary<string, string> properties) =>
        properties["primary-grain-type"] = GrainType;
}
