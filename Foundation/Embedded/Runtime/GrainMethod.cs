using System.Reflection;

namespace Orleans.Embedded;

/// <summary>How calls of a method are scheduled.</summary>
[Flags]
public enum GrainMethodOptions
{
    /// <summary>One after the other.</summary>
    None = 0,

    /// <summary>The caller does not wait.</summary>
    OneWay = 1,

    /// <summary>May interleave with others of its kind.</summary>
    ReadOnly = 2,

    /// <summary>May interleave with everything.</summary>
    AlwaysInterleave = 4,

    /// <summary>Takes a cancellation token.</summary>
    Cancellable = 8,
}

/// <summary>What is constant about a method of a grain interface; made by generated code.</summary>
public sealed class GrainMethod
{
    private readonly Type[] _parameterTypes;
    private readonly Type[] _typeArguments;
    private MethodInfo? _method;
    private string? _activityName;

    /// <summary>Describes a method.</summary>
    /// <param name="interfaceType">The interface that declares it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="parameterTypes">The types of its parameters.</param>
    /// <param name="options">How its calls are scheduled.</param>
    /// <param name="responseTimeout">The time a caller waits, as text; null for the configured one.</param>
    /// <param name="typeArguments">The type arguments of a generic method.</param>
    public GrainMethod(
        Type interfaceType, string name, Type[] parameterTypes, GrainMethodOptions options, string? responseTimeout = null, Type[]? typeArguments = null)
    {
        ArgumentNullException.ThrowIfNull(interfaceType);
        InterfaceType = interfaceType;
        InterfaceName = interfaceType.FullName ?? interfaceType.Name;
        Name = name;
        IsExtension = typeof(IGrainExtension).IsAssignableFrom(interfaceType);
        Options = options;
        ResponseTimeout = responseTimeout is null
            ? null
            : TimeSpan.Parse(responseTimeout, System.Globalization.CultureInfo.InvariantCulture);
        _parameterTypes = parameterTypes;
        _typeArguments = typeArguments ?? [];
    }

    /// <summary>The interface that declares the method.</summary>
    public Type InterfaceType { get; }

    /// <summary>The name of the interface.</summary>
    public string InterfaceName { get; }

    /// <summary>The name of the method.</summary>
    public string Name { get; }

    /// <summary>How calls are scheduled.</summary>
    public GrainMethodOptions Options { get; }

    /// <summary>The time a caller waits; null for the configured one.</summary>
    public TimeSpan? ResponseTimeout { get; }

    internal IReadOnlyList<Type> ParameterTypes => _parameterTypes;

    /// <summary>The method.</summary>
    public MethodInfo Method => _method ??= FindMethod(InterfaceType);

    /// <inheritdoc/>
    public override string ToString() => $"{InterfaceName}.{Name}";

    /// <summary>Whether it is called on an extension of the grain, and not on the grain object.</summary>
    internal bool IsExtension { get; }

    internal string ActivityName => _activityName ??= $"{InterfaceType.Name}/{Name}";

    internal GrainMethod AsEnumeration() => new(
        InterfaceType,
        Name,
        _parameterTypes,
        GrainMethodOptions.AlwaysInterleave | GrainMethodOptions.Cancellable,
        ResponseTimeout?.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _typeArguments);

    private MethodInfo FindMethod(Type type)
    {
        if (_typeArguments.Length == 0)
        {
            return type.GetMethod(Name, _parameterTypes)
                ?? throw new MissingMethodException(InterfaceName, Name);
        }

        foreach (var method in type.GetMethods())
        {
            if (method.Name != Name
                || method.GetGenericArguments().Length != _typeArguments.Length
                || method.GetParameters().Length != _parameterTypes.Length)
            {
                continue;
            }

            var constructed = method.MakeGenericMethod(_typeArguments);
            if (constructed.GetParameters().Select(static parameter => parameter.ParameterType).SequenceEqual(_parameterTypes))
            {
                return constructed;
            }
        }

        throw new MissingMethodException(InterfaceName, Name);
    }
}
