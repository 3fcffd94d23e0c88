namespace Orleans.Runtime;

/// <summary>Names a grain interface.</summary>
public interface IGrainInterfaceTypeProviderAttribute
{
    /// <summary>The name.</summary>
    /// <param name="services">The services of the silo.</param>
    /// <param name="type">The interface.</param>
    /// <returns>The name.</returns>
    GrainInterfaceType GetGrainInterfaceType(IServiceProvider services, Type type);
}

/// <summary>Gives a grain interface its name; the default is its alias, else its full name.</summary>
/// <param name="value">The name.</param>
[AttributeUsage(AttributeTargets.Interface, AllowMultiple = false)]
public sealed class GrainInterfaceTypeAttribute(string value) : Attribute, IGrainInterfaceTypeProviderAttribute
{
    private readonly GrainInterfaceType _name = GrainInterfaceType.Create(value);

    /// <summary>The name.</summary>
    /// <param name="services">Not used.</param>
    /// <param name="type">Not used.</param>
    /// <returns>The name.</returns>
    public GrainInterfaceType GetGrainInterfaceType(IServiceProvider services, Type type) => _name;
}
