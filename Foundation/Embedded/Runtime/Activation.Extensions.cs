using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Embedded;

/// <content>Objects beside the grain object that serve interfaces of their own.</content>
internal sealed partial class Activation
{
    public TExtensionInterface GetExtension<TExtensionInterface>()
        where TExtensionInterface : class, IGrainExtension => (TExtensionInterface)Extension(typeof(TExtensionInterface));

    public (TExtension, TExtensionInterface) GetOrSetExtension<TExtension, TExtensionInterface>(Func<TExtension> newExtensionFunc)
        where TExtension : class, TExtensionInterface
        where TExtensionInterface : class, IGrainExtension
    {
        ArgumentNullException.ThrowIfNull(newExtensionFunc);
        TExtension extension;
        if (GetComponent(typeof(TExtensionInterface)) is { } attached)
        {
            extension = attached as TExtension ?? throw new InvalidCastException(
                $"Grain {GrainId} already has an extension for '{typeof(TExtensionInterface)}', of the type '{attached.GetType()}' and not '{typeof(TExtension)}'.");
        }
        else
        {
            extension = newExtensionFunc();
            SetComponent<TExtensionInterface>(extension);
        }

        return (extension, GrainReference.AsReference<TExtensionInterface>());
    }

    // What the request is called on.
    internal object TargetOf(GrainRequest request)
    {
        var method = request.Method;
        return method.IsExtension ? Extension(method.InterfaceType) : GrainInstance!;
    }

    private object Extension(Type interfaceType)
    {
        if (GetComponent(interfaceType) is { } attached)
        {
            return attached;
        }

        if (((IKeyedServiceProvider)ActivationServices).GetKeyedService(typeof(IGrainExtension), interfaceType) is not { } made
            || !interfaceType.IsInstanceOfType(made))
        {
            throw new GrainExtensionNotInstalledException(
                $"No extension of type '{interfaceType}' is installed on grain {GrainId}, and none is registered for installation by AddGrainExtension.");
        }

        _components ??= [];
        _components[interfaceType] = made;
        return made;
    }
}
