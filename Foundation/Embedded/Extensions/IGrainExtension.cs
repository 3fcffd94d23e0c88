namespace Orleans.Runtime;

/// <summary>
/// Base of interfaces that are served beside a grain, by an object attached to its activation, whatever the grain's class is. Call one
/// through <see cref="GrainExtensions.AsReference{TGrainInterface}(IAddressable)"/>.
/// </summary>
public interface IGrainExtension : IAddressable
{
}

/// <summary>Attaches extensions to a grain.</summary>
public interface IGrainExtensionBinder
{
    /// <summary>The extension attached to this grain; made and attached when one is registered for every grain.</summary>
    /// <typeparam name="TExtensionInterface">The extension's interface.</typeparam>
    /// <returns>The extension.</returns>
    /// <exception cref="GrainExtensionNotInstalledException">None is attached, and none is registered.</exception>
    TExtensionInterface GetExtension<TExtensionInterface>()
        where TExtensionInterface : class, IGrainExtension;

    /// <summary>The extension attached to this grain, attached now when there is none.</summary>
    /// <typeparam name="TExtension">The extension's class.</typeparam>
    /// <typeparam name="TExtensionInterface">The extension's interface.</typeparam>
    /// <param name="newExtensionFunc">Makes the extension.</param>
    /// <returns>The extension, and a reference through which others call it.</returns>
    (TExtension, TExtensionInterface) GetOrSetExtension<TExtension, TExtensionInterface>(Func<TExtension> newExtensionFunc)
        where TExtension : class, TExtensionInterface
        where TExtensionInterface : class, IGrainExtension;
}
