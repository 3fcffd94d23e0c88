namespace Orleans.Embedded.Serialization;

/// <summary>Values that a user's converter turns into surrogates.</summary>
internal sealed class ConverterCodec<TValue, TSurrogate>(IConverter<TValue, TSurrogate> converter) : Codec<TValue>
    where TSurrogate : struct
{
    private readonly Codec<TSurrogate> _surrogate = (Codec<TSurrogate>)CodecRegistry.Get(typeof(TSurrogate));

    public override WireKind Kind => typeof(TValue).IsValueType ? WireKind.Group : WireKind.TrackedGroup;

    public override TValue Copy(TValue value, CopyContext context)
    {
        if (!typeof(TValue).IsValueType && context.TryGetCopy<object>(value!, out var known))
        {
            return (TValue)known;
        }

        var copy = converter.ConvertFromSurrogate(context.Copy(converter.ConvertToSurrogate(value)));
        if (!typeof(TValue).IsValueType)
        {
            context.RecordCopy(value!, copy!);
        }

        return copy;
    }

    public override void WriteBody(CodecWriter writer, TValue value) =>
        _surrogate.WriteBody(writer, converter.ConvertToSurrogate(value));

    public override TValue ReadBody(CodecReader reader, int ordinal) =>
        converter.ConvertFromSurrogate(_surrogate.ReadBody(reader, -1));
}
