namespace Orleans.Embedded;

/// <summary>Names the generated description of an assembly's grains.</summary>
/// <param name="module">A class derived from <see cref="GrainModule"/>.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class GrainModuleAttribute(Type module) : Attribute
{
    /// <summary>The class.</summary>
    public Type Module { get; } = module;
}

/// <summary>The grains of an assembly; generated code derives from it.</summary>
public abstract class GrainModule
{
    internal List<GrainInterface> Interfaces { get; } = [];

    internal List<(Type Type, string GrainType)> Classes { get; } = [];

    /// <summary>Adds an interface.</summary>
    /// <param name="type">The interface.</param>
    /// <param name="name">Its name: the alias, else the full name.</param>
    /// <param name="create">Makes references.</param>
    protected void AddInterface(Type type, string name, Func<GrainReferenceShared, IdSpan, GrainReference> create) =>
        Interfaces.Add(new GrainInterface(type, GrainInterfaceType.Create(name), create, null));

    /// <summary>Adds a generic interface.</summary>
    /// <param name="openType">The interface without type arguments.</param>
    /// <param name="name">Its name: the alias, else the full name.</param>
    /// <param name="openReference">The class of its references, without type arguments.</param>
    protected void AddGenericInterface(Type openType, string name, Type openReference) =>
        Interfaces.Add(new GrainInterface(openType, GrainInterfaceType.Create(name), null, openReference));

    /// <summary>Adds a grain class.</summary>
    /// <param name="type">The class.</param>
    /// <param name="grainType">Its grain type.</param>
    protected void AddClass(Type type, string grainType) => Classes.Add((type, grainType));

    /// <summary>Adds a grain class of the same assembly that generated code may not name, such as a private nested one.</summary>
    /// <param name="metadataName">Its full name, as reflection writes it.</param>
    /// <param name="grainType">Its grain type.</param>
    protected void AddHiddenClass(string metadataName, string grainType) =>
        Classes.Add((GetType().Assembly.GetType(metadataName, throwOnError: true)!, grainType));
}

/// <summary>A grain interface, and how references to it are made.</summary>
internal sealed class GrainInterface(
    Type type, GrainInterfaceType name, Func<GrainReferenceShared, IdSpan, GrainReference>? create, Type? openReference)
{
    public Type Type { get; } = type;

    public GrainInterfaceType Name { get; } = name;

    public GrainReference Create(GrainReferenceShared shared, IdSpan key) => create is not null
        ? create(shared, key)
        : throw new ArgumentException($"'{Type}' is generic; name its type arguments.");

    public GrainInterface Construct(Type constructed)
    {
        var reference = openReference!.MakeGenericType(constructed.GetGenericArguments());
        return new GrainInterface(
            constructed,
            GrainInterfaceType.Create(GenericTypeNames.Format(Name.ToString(), constructed.GetGenericArguments())),
            (shared, key) => (GrainReference)Activator.CreateInstance(reference, shared, key)!,
            null);
    }
}
