using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Orleans.Embedded.Serialization;

namespace Orleans.Serialization;

/// <summary>
/// Writes values as bytes and reads them. The format is tolerant: members that a reader does not know are skipped, and
/// members that are missing keep what the type's constructor gave them.
/// </summary>
/// <remarks>
/// Safe for concurrent use. Bytes start with the version of the format, 1. Reading makes only types that are registered;
/// whatever is wrong with the bytes is a <see cref="SerializerException"/>.
/// </remarks>
public sealed class Serializer
{
    private const byte FormatVersion = 1;

    private readonly IReferenceFormatter? _references;

    /// <summary>Creates a serializer that cannot write references to grains.</summary>
    public Serializer()
    {
    }

    /// <summary>Creates a serializer.</summary>
    /// <param name="references">Writes and reads values with identity.</param>
    public Serializer(IReferenceFormatter? references) => _references = references;

    /// <summary>Gives the serializer of a type.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <returns>The serializer.</returns>
    public Serializer<T> GetSerializer<T>() => new(this);

    /// <summary>Whether values of a type can be written.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <returns>Whether a codec is registered.</returns>
    public bool CanSerialize<T>() => CanSerialize(typeof(T));

    /// <summary>Whether values of a type can be written.</summary>
    /// <param name="type">The type.</param>
    /// <returns>Whether a codec is registered.</returns>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "An instance method in Orleans.")]
    public bool CanSerialize(Type type) => CodecRegistry.TryGet(type) is not null;

    /// <summary>Writes a value to a new array.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="sizeHint">Not used; here for compatibility.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="CodecNotFoundException">A type in the graph has no codec.</exception>
    /// <exception cref="SerializerException">The graph is nested too deeply.</exception>
    public byte[] SerializeToArray<T>(T value, int sizeHint = 0)
    {
        var writer = Write(value);
        try
        {
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Return();
        }
    }

    /// <summary>Writes a value.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <typeparam name="TBufferWriter">The type of the destination.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="destination">Takes the bytes.</param>
    /// <exception cref="CodecNotFoundException">A type in the graph has no codec.</exception>
    /// <exception cref="SerializerException">The graph is nested too deeply.</exception>
    public void Serialize<T, TBufferWriter>(T value, TBufferWriter destination)
        where TBufferWriter : IBufferWriter<byte>
    {
        var writer = Write(value);
        try
        {
            destination.Write(writer.Written);
        }
        finally
        {
            writer.Return();
        }
    }

    /// <summary>Writes a value to a stream, synchronously.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="destination">Takes the bytes.</param>
    /// <param name="sizeHint">Not used; here for compatibility.</param>
    /// <exception cref="CodecNotFoundException">A type in the graph has no codec.</exception>
    /// <exception cref="SerializerException">The graph is nested too deeply.</exception>
    public void Serialize<T>(T value, Stream destination, int sizeHint = 0)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var writer = Write(value);
        try
        {
            destination.Write(writer.Written);
        }
        finally
        {
            writer.Return();
        }
    }

    /// <summary>Reads a value.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <param name="source">The bytes.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SerializerException">The bytes are no such value.</exception>
    public T Deserialize<T>(byte[] source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Read<T>(source, 0, source.Length);
    }

    /// <summary>Reads a value.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <param name="source">The bytes.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SerializerException">The bytes are no such value.</exception>
    public T Deserialize<T>(ReadOnlyMemory<byte> source) =>
        MemoryMarshal.TryGetArray(source, out var segment)
            ? Read<T>(segment.Array!, segment.Offset, segment.Count)
            : Deserialize<T>(source.Span);

    /// <summary>Reads a value. The bytes are copied first.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <param name="source">The bytes.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SerializerException">The bytes are no such value.</exception>
    public T Deserialize<T>(ReadOnlySpan<byte> source)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(source.Length);
        try
        {
            source.CopyTo(buffer);
            return Read<T>(buffer, 0, source.Length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a value. Bytes in several segments are copied first.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <param name="source">The bytes.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SerializerException">The bytes are no such value.</exception>
    public T Deserialize<T>(ReadOnlySequence<byte> source) =>
        source.IsSingleSegment ? Deserialize<T>(source.First) : Deserialize<T>(source.ToArray());

    /// <summary>Reads a value from a stream, synchronously and up to its end.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <param name="source">The stream. The caller bounds its length.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SerializerException">The bytes are no such value.</exception>
    public T Deserialize<T>(Stream source)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var buffer = new MemoryStream();
        source.CopyTo(buffer);
        return Read<T>(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private CodecWriter Write<T>(T value)
    {
        var writer = CodecWriter.Rent(_references);
        try
        {
            writer.WriteByte(FormatVersion);
            writer.WriteField(0, value);
            return writer;
        }
        catch
        {
            writer.Return();
            throw;
        }
    }

    private T Read<T>(byte[] buffer, int start, int length)
    {
        if (length == 0 || buffer[start] != FormatVersion)
        {
            throw new SerializerException(
                length == 0
                    ? $"No bytes to read a '{typeof(T)}' from."
                    : $"Format version {buffer[start]} is not known; this serializer reads version {FormatVersion}.");
        }

        var reader = new CodecReader(buffer, start, length, _references, position: 1);
        try
        {
            var header = reader.ReadHeader();
            if (header.TypeNumber < -1)
            {
                throw reader.Error("An end mark stands where a value is expected");
            }

            var value = reader.ReadField<T>(header);
            reader.ExpectEnd();
            return value;
        }
        catch (Exception exception) when (exception is not (SerializerException or OutOfMemoryException))
        {
            // Setters, converters and collections refuse values in their own words (a null key, say).
            throw reader.Error($"The bytes are no valid '{typeof(T)}': {exception.Message}", exception);
        }
    }
}
