namespace Orleans.Serialization;

/// <summary>Copies values of one declared type. See <see cref="DeepCopier"/>.</summary>
/// <typeparam name="T">The declared type.</typeparam>
public sealed class DeepCopier<T>
{
    /// <summary>Copies a value.</summary>
    /// <param name="value">The value. Must not be modified meanwhile.</param>
    /// <returns>The copy, or the value itself when it is immutable.</returns>
    /// <exception cref="CodecNotFoundException">A type in the graph has no codec.</exception>
    /// <exception cref="SerializerException">The graph is nested too deeply.</exception>
    public T Copy(T value) => DeepCopier.CopyValue(value);
}
