using System.Buffers;

namespace Orleans.Serialization;

/// <summary>Writes and reads values of one declared type. See <see cref="Serializer"/>.</summary>
/// <typeparam name="T">The declared type.</typeparam>
/// <param name="serializer">Does the work.</param>
public sealed class Serializer<T>(Serializer serializer)
{
    /// <summary>Writes a value to a new array.</summary>
    /// <param name="value">The value.</param>
    /// <param name="sizeHint">Not used; here for compatibility.</param>
    /// <returns>The bytes.</returns>
    public byte[] SerializeToArray(T value, int sizeHint = 0) => serializer.SerializeToArray(value, sizeHint);

    /// <summary>Writes a value.</summary>
    /// <typeparam name="TBufferWriter">The type of the destination.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="destination">Takes the bytes.</param>
    public void Serialize<TBufferWriter>(T value, TBufferWriter destination)
        where TBufferWriter : IBufferWriter<byte> => serializer.Serialize(value, destination);

    /// <summary>Writes a value to a stream, synchronously.</summary>
    /// <param name="value">The value.</param>
    /// <param name="destination">Takes the bytes.</param>
    /// <param name="sizeHint">Not used; here for compatibility.</param>
    public void Serialize(T value, Stream destination, int sizeHint = 0) =>
        serializer.Serialize(value, destination, sizeHint);

    /// <summary>Reads a value.</summary>
    /// <param name="source">The bytes.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SerializerException">The bytes are no such value.</exception>
    public T Deserialize(byte[] source) => serializer.Deserialize<T>(source);

    /// <summary>Reads a value.</summary>
    /// <param name="source">The bytes.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SerializerException">The bytes are no such value.</exception>
    public T Deserialize(ReadOnlyMemory<byte> source) => serializer.Deserialize<T>(source);

    /// <summary>Reads a value. The bytes are copied first.</summary>
    /// <param name="source">The bytes.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SerializerException">The bytes are no such value.</exception>
    public T Deserialize(ReadOnlySpan<byte> source) => serializer.Deserialize<T>(source);

    /// <summary>Reads a value. Bytes in several segments are copied first.</summary>
    /// <param name="source">The bytes.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SerializerException">The bytes are no such value.</exception>
    public T Deserialize(ReadOnlySequence<byte> source) => serializer.Deserialize<T>(source);

    /// <summary>Reads a value from a stream, synchronously and up to its end.</summary>
    /// <param name="source">The stream. The caller bounds its length.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SerializerException">The bytes are no such value.</exception>
    public T Deserialize(Stream source) => serializer.Deserialize<T>(source);
}
