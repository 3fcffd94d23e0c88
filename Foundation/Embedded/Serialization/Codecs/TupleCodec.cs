namespace Orleans.Embedded.Serialization;

/// <summary>The base of tuples. A class tuple keeps no identity: it is immutable itself.</summary>
internal abstract class TupleCodec<T> : Codec<T>
{
    public override WireKind Kind => WireKind.Group;

    public override bool IsReadOnly => true;

    public override void WriteBody(CodecWriter writer, T value)
    {
        WriteItems(writer, value);
        writer.EndObject();
    }

    protected abstract void WriteItems(CodecWriter writer, T value);
}
