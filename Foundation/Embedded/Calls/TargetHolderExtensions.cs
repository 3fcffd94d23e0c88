using Orleans.Serialization.Invocation;

namespace Orleans.Runtime;

/// <summary>Shorthands over <see cref="ITargetHolder"/>.</summary>
public static class TargetHolderExtensions
{
    /// <summary>A component of the holder.</summary>
    /// <typeparam name="TComponent">Its type, which is its key.</typeparam>
    /// <param name="targetHolder">The holder.</param>
    /// <returns>The component; null when there is none.</returns>
    public static TComponent? GetComponent<TComponent>(this ITargetHolder targetHolder)
        where TComponent : class
    {
        ArgumentNullException.ThrowIfNull(targetHolder);
        return targetHolder.GetComponent(typeof(TComponent)) as TComponent;
    }
}
