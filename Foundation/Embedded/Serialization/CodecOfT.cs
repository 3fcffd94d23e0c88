namespace Orleans.Embedded.Serialization;

/// <summary>Copies, writes and reads the values of one exact type.</summary>
/// <typeparam name="T">The exact type.</typeparam>
public abstract class Codec<T> : Codec
{
    /// <summary>Creates the codec.</summary>
    protected Codec()
        : base(typeof(T))
    {
    }

    /// <summary>Copies a value. Called only if the type is not immutable.</summary>
    /// <param name="value">The value; not null, and of exactly the type <typeparamref name="T"/>.</param>
    /// <param name="context">The copies made so far.</param>
    /// <returns>The copy.</returns>
    public abstract T Copy(T value, CopyContext context);

    /// <summary>Writes what follows the header of a field.</summary>
    /// <param name="writer">Takes the bytes.</param>
    /// <param name="value">The value; not null.</param>
    public abstract void WriteBody(CodecWriter writer, T value);

    /// <summary>Reads what <see cref="WriteBody"/> wrote.</summary>
    /// <param name="reader">Gives the bytes.</param>
    /// <param name="ordinal">
    /// The number of the object, to be given to <see cref="CodecReader.Register"/> as soon as the instance exists; -1 if
    /// nothing can refer to it.
    /// </param>
    /// <returns>The value.</returns>
    public abstract T ReadBody(CodecReader reader, int ordinal);

    internal override object CopyObject(object value, CopyContext context) => Copy((T)value, context)!;

    internal sealed override void WriteBodyObject(CodecWriter writer, object value) => WriteBody(writer, (T)value);

    internal sealed override object ReadBodyObject(CodecReader reader, int ordinal) => ReadBody(reader, ordinal)!;
}
