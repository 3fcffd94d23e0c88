namespace Orleans;

/// <summary>Shorthands for extensions of a grain.</summary>
public static class GrainContextComponentExtensions
{
    /// <summary>The extension of a grain.</summary>
    /// <typeparam name="TComponent">The extension's interface.</typeparam>
    /// <param name="context">The activation.</param>
    /// <returns>The extension.</returns>
    /// <exception cref="GrainExtensionNotInstalledException">None is attached, and none is registered.</exception>
    public static TComponent GetGrainExtension<TComponent>(this IGrainContext context)
        where TComponent : class, IGrainExtension
    {
        ArgumentNullException.ThrowIfNull(context);
        var binder = context.GetComponent<IGrainExtensionBinder>() ?? throw new InvalidOperationException(
            $"The context '{context}' takes no extensions; only activations of this runtime do.");
        return binder.GetExtension<TComponent>();
    }
}
