namespace Orleans.Embedded.Serialization;

/// <summary>The base of generated codecs of structs.</summary>
/// <typeparam name="T">The struct.</typeparam>
public abstract class StructCodec<T> : Codec<T>
    where T : struct
{
    /// <inheritdoc/>
    public override WireKind Kind => WireKind.Group;

    /// <summary>Replaces the mutable members of a bitwise copy by copies of them.</summary>
    /// <param name="value">The copy.</param>
    /// <param name="context">The copies made so far.</param>
    public abstract void CopyMembers(ref T value, CopyContext context);

    /// <summary>Writes the serialized members.</summary>
    /// <param name="writer">Takes the bytes.</param>
    /// <param name="value">The value.</param>
    public abstract void WriteMembers(CodecWriter writer, ref T value);

    /// <summary>Reads what <see cref="WriteMembers"/> wrote.</summary>
    /// <param name="reader">Gives the bytes.</param>
    /// <param name="value">The value.</param>
    public abstract void ReadMembers(CodecReader reader, ref T value);

    /// <inheritdoc/>
    public override T Copy(T value, CopyContext context)
    {
        CopyMembers(ref value, context);
        return value;
    }

    /// <inheritdoc/>
    public override void WriteBody(CodecWriter writer, T value)
    {
        ArgumentNullException.ThrowIfNull(writer);
        WriteMembers(writer, ref value);
        writer.EndObject();
    }

    /// <inheritdoc/>
    public override T ReadBody(CodecReader reader, int ordinal)
    {
        ArgumentNullException.ThrowIfNull(reader);
        T value = default;
        ReadMembers(reader, ref value);
        reader.EndObject();
        return value;
    }
}
