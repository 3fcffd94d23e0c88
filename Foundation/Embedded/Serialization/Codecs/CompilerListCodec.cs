namespace Orleans.Embedded.Serialization;

/// <summary>See <see cref="CompilerCollections"/>.</summary>
internal sealed class CompilerListCodec<TList, T> : Codec
    where TList : IReadOnlyList<T>
{
    private readonly Codec<T[]> _array = (Codec<T[]>)CodecRegistry.Get(typeof(T[]));

    public CompilerListCodec()
        : base(typeof(TList))
    {
    }

    public override WireKind Kind => _array.Kind;

    internal override string WireName => _array.WireName;

    internal override object CopyObject(object value, CopyContext context)
    {
        if (context.TryGetCopy<object>(value, out var known))
        {
            return known;
        }

        var copy = ((TList)value).Select(context.Copy).ToArray();
        context.RecordCopy(value, copy);
        return copy;
    }

    internal override void WriteBodyObject(CodecWriter writer, object value) => _array.WriteBody(writer, [.. (TList)value]);

    internal override object ReadBodyObject(CodecReader reader, int ordinal) =>
        throw new NotSupportedException("Such lists are written and read as arrays.");
}
