namespace Orleans.Embedded.Serialization;

/// <summary>A nullable value; null itself is said by the header.</summary>
internal sealed class NullableCodec<T> : Codec<T?>
    where T : struct
{
    private readonly Codec<T> _inner = (Codec<T>)CodecRegistry.Get(typeof(T));

    public override WireKind Kind => _inner.Kind;

    public override bool IsReadOnly => true;

    public override IEnumerable<Type> MemberTypes => [typeof(T)];

    public override T? Copy(T? value, CopyContext context) => value is { } inner ? _inner.Copy(inner, context) : null;

    public override void WriteBody(CodecWriter writer, T? value) => _inner.WriteBody(writer, value.GetValueOrDefault());

    public override T? ReadBody(CodecReader reader, int ordinal) => _inner.ReadBody(reader, ordinal);
}
