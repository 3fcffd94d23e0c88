namespace Orleans.Embedded.Serialization;

/// <summary>The base of generated codecs of classes.</summary>
/// <typeparam name="T">The class.</typeparam>
public abstract class ObjectCodec<T> : Codec<T>
    where T : class
{
    /// <inheritdoc/>
    public override WireKind Kind => WireKind.TrackedGroup;

    /// <summary>Makes an instance whose members are to be set.</summary>
    /// <returns>The instance.</returns>
    protected abstract T Create();

    /// <summary>Copies the serialized members, those of base types first.</summary>
    /// <param name="source">The original.</param>
    /// <param name="target">The copy.</param>
    /// <param name="context">The copies made so far.</param>
    public abstract void CopyMembers(T source, T target, CopyContext context);

    /// <summary>Writes the serialized members, those of base types first, a level for each type.</summary>
    /// <param name="writer">Takes the bytes.</param>
    /// <param name="value">The object.</param>
    public abstract void WriteMembers(CodecWriter writer, T value);

    /// <summary>Reads what <see cref="WriteMembers"/> wrote.</summary>
    /// <param name="reader">Gives the bytes.</param>
    /// <param name="value">The object.</param>
    public abstract void ReadMembers(CodecReader reader, T value);

    /// <inheritdoc/>
    public override T Copy(T value, CopyContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.TryGetCopy<T>(value, out var copy))
        {
            return copy;
        }

        CopyContext.EnsureStack(typeof(T));
        copy = Create();
        context.RecordCopy(value, copy);
        CopyMembers(value, copy, context);
        return copy;
    }

    /// <inheritdoc/>
    public override void WriteBody(CodecWriter writer, T value)
    {
        ArgumentNullException.ThrowIfNull(writer);
        WriteMembers(writer, value);
        writer.EndObject();
    }

    /// <inheritdoc/>
    public override T ReadBody(CodecReader reader, int ordinal)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var value = Create();
        reader.Register(ordinal, value);
        ReadMembers(reader, value);
        reader.EndObject();
        return value;
    }
}
