using Orleans.Concurrency;

namespace Orleans.Embedded.Serialization;

/// <summary>A value that sender and receiver promised not to modify.</summary>
internal sealed class ImmutableWrapperCodec<T> : TupleCodec<Immutable<T>>
{
    public override Immutable<T> Copy(Immutable<T> value, CopyContext context) => value;

    protected override void WriteItems(CodecWriter writer, Immutable<T> value) => writer.WriteField(0, value.Value);

    public override Immutable<T> ReadBody(CodecReader reader, int ordinal)
    {
        T value = default!;
        while (reader.TryReadHeader(out var header))
        {
            if (header.Id == 0)
            {
                value = reader.ReadField<T>(header);
            }
            else
            {
                reader.Skip(header);
            }
        }

        reader.EndObject();
        return new Immutable<T>(value);
    }
}
