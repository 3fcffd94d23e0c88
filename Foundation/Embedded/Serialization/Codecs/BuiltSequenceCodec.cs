namespace Orleans.Embedded.Serialization;

/// <summary>A collection that is made in one step from all its elements; it cannot contain itself.</summary>
internal abstract class BuiltSequenceCodec<TCollection, T> : Codec<TCollection>
    where TCollection : IEnumerable<T>
{
    public override WireKind Kind => typeof(TCollection).IsValueType ? WireKind.Group : WireKind.TrackedGroup;

    public override bool IsReadOnly => true;

    public override IEnumerable<Type> MemberTypes => [typeof(T)];

    public override TCollection Copy(TCollection value, CopyContext context)
    {
        var isReference = !typeof(TCollection).IsValueType;
        if (isReference && context.TryGetCopy<object>(value, out var known))
        {
            return (TCollection)known;
        }

        if (IsAbsent(value))
        {
            return value;
        }

        CopyContext.EnsureStack(typeof(TCollection));
        var elements = new List<T>(Count(value));
        foreach (var element in value)
        {
            elements.Add(context.Copy(element));
        }

        var copy = BuildLike(value, elements);
        if (isReference)
        {
            context.RecordCopy(value, copy);
        }

        return copy;
    }

    public override void WriteBody(CodecWriter writer, TCollection value)
    {
        if (!IsAbsent(value))
        {
            writer.WriteCount(Count(value));
            WriteComparer(writer, value);
            foreach (var element in value)
            {
                writer.WriteField(SequenceFields.Element, element);
            }
        }

        writer.EndObject();
    }

    public override TCollection ReadBody(CodecReader reader, int ordinal)
    {
        var elements = new List<T>();
        var comparer = Comparers.Default;
        var isAbsent = true;
        while (reader.TryReadHeader(out var header))
        {
            switch (header.Id)
            {
                case SequenceFields.Count:
                    isAbsent = false;
                    elements.EnsureCapacity(reader.ReadCount(header));
                    break;
                case SequenceFields.Comparer:
                    comparer = reader.ReadField<uint>(header);
                    break;
                case SequenceFields.Element:
                    elements.Add(reader.ReadField<T>(header));
                    break;
                default:
                    reader.Skip(header);
                    break;
            }
        }

        reader.EndObject();
        return isAbsent && elements.Count == 0 && typeof(TCollection).IsValueType ? default! : Build(elements, comparer);
    }

    /// <summary>Whether a struct is its default value, which is not an empty collection.</summary>
    protected virtual bool IsAbsent(TCollection collection) => false;

    protected abstract int Count(TCollection collection);

    protected abstract TCollection Build(List<T> elements, uint comparer);

    protected abstract TCollection BuildLike(TCollection original, List<T> elements);

    protected virtual void WriteComparer(CodecWriter writer, TCollection collection)
    {
    }
}
