namespace Orleans.Embedded.Serialization;

/// <summary>A value without identity that can be modified, and knows how to copy itself.</summary>
internal sealed class ClonedCodec<T>(Func<T, T> clone, Action<CodecWriter, T> write, Func<CodecReader, T> read) : Codec<T>
{
    public override WireKind Kind => WireKind.Bytes;

    public override T Copy(T value, CopyContext context) => clone(value);

    public override void WriteBody(CodecWriter writer, T value) => write(writer, value);

    public override T ReadBody(CodecReader reader, int ordinal) => read(reader);
}
