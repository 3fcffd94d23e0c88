namespace Orleans.Embedded.Serialization;

/// <summary>A value without members that can be modified.</summary>
internal sealed class ScalarCodec<T>(WireKind kind, Action<CodecWriter, T> write, Func<CodecReader, T> read) : Codec<T>
{
    public override WireKind Kind => kind;

    public override bool IsReadOnly => true;

    public override T Copy(T value, CopyContext context) => value;

    public override void WriteBody(CodecWriter writer, T value) => write(writer, value);

    public override T ReadBody(CodecReader reader, int ordinal) => read(reader);
}
