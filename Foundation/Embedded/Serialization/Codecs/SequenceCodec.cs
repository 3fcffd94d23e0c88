namespace Orleans.Embedded.Serialization;

/// <summary>A mutable collection that elements are added to one by one.</summary>
internal abstract class SequenceCodec<TCollection, T> : Codec<TCollection>
    where TCollection : class, IEnumerable<T>
{
    public override WireKind Kind => WireKind.TrackedGroup;

    public override TCollection Copy(TCollection value, CopyContext context)
    {
        if (context.TryGetCopy<TCollection>(value, out var copy))
        {
            return copy;
        }

        if (Declared<T>.Instance.IsImmutable && CopyAtOnce(value) is { } whole)
        {
            context.RecordCopy(value, whole);
            return whole;
        }

        CopyContext.EnsureStack(typeof(TCollection));
        copy = CreateLike(value);
        context.RecordCopy(value, copy);
        foreach (var element in InAddingOrder(value))
        {
            Add(copy, context.Copy(element));
        }

        return copy;
    }

    public override void WriteBody(CodecWriter writer, TCollection value)
    {
        writer.WriteCount(Count(value));
        WriteComparer(writer, value);
        foreach (var element in InAddingOrder(value))
        {
            writer.WriteField(SequenceFields.Element, element);
        }

        writer.EndObject();
    }

    public override TCollection ReadBody(CodecReader reader, int ordinal)
    {
        var capacity = 0;
        var comparer = Comparers.Default;
        TCollection? collection = null;
        while (reader.TryReadHeader(out var header))
        {
            switch (header.Id)
            {
                case SequenceFields.Count when collection is null:
                    capacity = reader.ReadCount(header);
                    break;
                case SequenceFields.Comparer when collection is null:
                    comparer = reader.ReadField<uint>(header);
                    break;
                case SequenceFields.Element:
                    collection ??= Start(reader, ordinal, capacity, comparer);
                    Add(collection, reader.ReadField<T>(header));
                    break;
                default:
                    reader.Skip(header);
                    break;
            }
        }

        reader.EndObject();
        return collection ?? Start(reader, ordinal, capacity, comparer);
    }

    protected abstract int Count(TCollection collection);

    protected abstract TCollection Create(int capacity, uint comparer);

    protected abstract TCollection CreateLike(TCollection collection);

    protected abstract void Add(TCollection collection, T element);

    protected virtual IEnumerable<T> InAddingOrder(TCollection collection) => collection;

    /// <summary>Copies a collection of immutable elements faster than one by one; null if there is no such way.</summary>
    protected virtual TCollection? CopyAtOnce(TCollection collection) => null;

    protected virtual void WriteComparer(CodecWriter writer, TCollection collection)
    {
    }

    private TCollection Start(CodecReader reader, int ordinal, int capacity, uint comparer)
    {
        var collection = Create(capacity, comparer);
        reader.Register(ordinal, collection);
        return collection;
    }
}
