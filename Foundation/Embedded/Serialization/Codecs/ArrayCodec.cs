namespace Orleans.Embedded.Serialization;

/// <summary>An array with one dimension from 0.</summary>
internal sealed class ArrayCodec<T> : Codec<T[]>
{
    public override WireKind Kind => WireKind.TrackedGroup;

    public override T[] Copy(T[] value, CopyContext context)
    {
        if (context.TryGetCopy<T[]>(value, out var copy))
        {
            return copy;
        }

        CopyContext.EnsureStack(typeof(T[]));
        copy = new T[value.Length];
        context.RecordCopy(value, copy);
        if (Declared<T>.Instance.IsImmutable)
        {
            value.AsSpan().CopyTo(copy);
            return copy;
        }

        for (var i = 0; i < value.Length; i++)
        {
            copy[i] = context.Copy(value[i]);
        }

        return copy;
    }

    public override void WriteBody(CodecWriter writer, T[] value)
    {
        writer.WriteCount(value.Length);
        foreach (var element in value)
        {
            writer.WriteField(SequenceFields.Element, element);
        }

        writer.EndObject();
    }

    public override T[] ReadBody(CodecReader reader, int ordinal)
    {
        T[]? array = null;
        var index = 0;
        while (reader.TryReadHeader(out var header))
        {
            switch (header.Id)
            {
                case SequenceFields.Count when array is null:
                    array = new T[reader.ReadCount(header)];
                    reader.Register(ordinal, array);
                    break;
                case SequenceFields.Element when array is not null && index < array.Length:
                    array[index++] = reader.ReadField<T>(header);
                    break;
                case SequenceFields.Count or SequenceFields.Element:
                    throw reader.Error($"An array of '{typeof(T)}' has another number of elements than it says");
                default:
                    reader.Skip(header);
                    break;
            }
        }

        reader.EndObject();
        return array is not null && index == array.Length
            ? array
            : throw reader.Error($"An array of '{typeof(T)}' has fewer elements than it says");
    }
}
