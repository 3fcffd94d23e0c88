using System.Diagnostics.CodeAnalysis;
using Orleans.Embedded.Serialization;

namespace Orleans.Serialization;

/// <summary>Copies object graphs, keeping shared objects shared and cycles closed. Immutable values are not copied.</summary>
/// <remarks>Safe for concurrent use.</remarks>
public sealed class DeepCopier
{
    /// <summary>Copies a value.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <param name="value">The value. Must not be modified meanwhile.</param>
    /// <returns>The copy, or the value itself when it is immutable.</returns>
    /// <exception cref="CodecNotFoundException">A type in the graph has no codec.</exception>
    /// <exception cref="SerializerException">The graph is nested too deeply.</exception>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "An instance method in Orleans.")]
    public T Copy<T>(T value) => CopyValue(value);

    /// <summary>Gives the copier of a type.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <returns>The copier.</returns>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "An instance method in Orleans.")]
    public DeepCopier<T> GetCopier<T>() => new();

    internal static T CopyValue<T>(T value)
    {
        if (!typeof(T).IsValueType && value is null)
        {
            return value;
        }

        // Nothing is rented for immutable values: they are most of what is copied.
        var declared = Declared<T>.Instance;
        if (declared.IsImmutable || (!declared.IsSealed && declared.CodecFor(value!.GetType()).IsImmutable))
        {
            return value;
        }

        var context = CopyContext.Rent();
        try
        {
            return context.Copy(value);
        }
        finally
        {
            context.Return();
        }
    }
}
