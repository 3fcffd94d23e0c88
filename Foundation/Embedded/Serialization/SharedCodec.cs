using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <summary>Marks the codec of values that an <see cref="IReferenceFormatter"/> writes.</summary>
internal interface ISharedCodec;

/// <summary>Values with identity, such as grain references.</summary>
internal sealed class SharedCodec<T> : Codec<T>, ISharedCodec
    where T : class
{
    public override WireKind Kind => WireKind.Bytes;

    internal override string WireName => BuiltInCodecs.SharedName;

    internal override bool IsAlwaysTyped => true;

    public override T Copy(T value, CopyContext context) => value;

    public override void WriteBody(CodecWriter writer, T value)
    {
        var references = writer.References ?? throw new CodecNotFoundException(
            $"A reference of type '{typeof(T)}' cannot be written here: no {nameof(IReferenceFormatter)} is registered.");
        writer.WriteString(references.Format(value));
    }

    public override T ReadBody(CodecReader reader, int ordinal) =>
        throw new NotSupportedException("References are read for a declared type, not for the one that was written.");
}
