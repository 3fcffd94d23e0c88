namespace Orleans.Embedded.Serialization;

/// <summary>Values of a private derived type of the platform, written as the public type that they derive from.</summary>
internal sealed class DerivedScalarCodec(Type type, Codec publicCodec) : Codec(type)
{
    public override WireKind Kind => publicCodec.Kind;

    public override bool IsReadOnly => publicCodec.IsReadOnly;

    internal override string WireName => publicCodec.WireName;

    internal override object CopyObject(object value, CopyContext context) => publicCodec.CopyObject(value, context);

    internal override void WriteBodyObject(CodecWriter writer, object value) => publicCodec.WriteBodyObject(writer, value);

    internal override object ReadBodyObject(CodecReader reader, int ordinal) => publicCodec.ReadBodyObject(reader, ordinal);
}
