namespace Orleans.Embedded.Serialization;

// Tuples of 1 to 4 items and pairs; field ids are the positions of the items.

internal sealed class ClassTupleCodec<T1> : TupleCodec<Tuple<T1>>
{
    public override IEnumerable<Type> MemberTypes => [typeof(T1)];

    public override Tuple<T1> Copy(Tuple<T1> value, CopyContext context) =>
        new(context.Copy(value.Item1));

    protected override void WriteItems(CodecWriter writer, Tuple<T1> value)
    {
        writer.WriteField(0, value.Item1);
    }

    public override Tuple<T1> ReadBody(CodecReader reader, int ordinal)
    {
        T1 item1 = default!;
        while (reader.TryReadHeader(out var header))
        {
            switch (header.Id)
            {
                case 0:
                    item1 = reader.ReadField<T1>(header);
                    break;
                default:
                    reader.Skip(header);
                    break;
            }
        }

        reader.EndObject();
        return new(item1);
    }
}

internal sealed class ClassTupleCodec<T1, T2> : TupleCodec<Tuple<T1, T2>>
{
    public override IEnumerable<Type> MemberTypes => [typeof(T1), typeof(T2)];

    public override Tuple<T1, T2> Copy(Tuple<T1, T2> value, CopyContext context) =>
        new(context.Copy(value.Item1), context.Copy(value.Item2));

    protected override void WriteItems(CodecWriter writer, Tuple<T1, T2> value)
    {
        writer.WriteField(0, value.Item1);
        writer.WriteField(1, value.Item2);
    }

    public override Tuple<T1, T2> ReadBody(CodecReader reader, int ordinal)
    {
        T1 item1 = default!;
        T2 item2 = default!;
        while (reader.TryReadHeader(out var header))
        {
            switch (header.Id)
            {
                case 0:
                    item1 = reader.ReadField<T1>(header);
                    break;
                case 1:
                    item2 = reader.ReadField<T2>(header);
                    break;
                default:
                    reader.Skip(header);
                    break;
            }
        }

        reader.EndObject();
        return new(item1, item2);
    }
}

internal sealed class ClassTupleCodec<T1, T2, T3> : TupleCodec<Tuple<T1, T2, T3>>
{
    public override IEnumerable<Type> MemberTypes => [typeof(T1), typeof(T2), typeof(T3)];

    public override Tuple<T1, T2, T3> Copy(Tuple<T1, T2, T3> value, CopyContext context) =>
        new(context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3));

    protected override void WriteItems(CodecWriter writer, Tuple<T1, T2, T3> value)
    {
        writer.WriteField(0, value.Item1);
        writer.WriteField(1, value.Item2);
        writer.WriteField(2, value.Item3);
    }

    public override Tuple<T1, T2, T3> ReadBody(CodecReader reader, int ordinal)
    {
        T1 item1 = default!;
        T2 item2 = default!;
        T3 item3 = default!;
        while (reader.TryReadHeader(out var header))
        {
            switch (header.Id)
            {
                case 0:
                    item1 = reader.ReadField<T1>(header);
                    break;
                case 1:
                    item2 = reader.ReadField<T2>(header);
                    break;
                case 2:
                    item3 = reader.ReadField<T3>(header);
                    break;
                default:
                    reader.Skip(header);
                    break;
            }
        }

        reader.EndObject();
        return new(item1, item2, item3);
    }
}

internal sealed class ClassTupleCodec<T1, T2, T3, T4> : TupleCodec<Tuple<T1, T2, T3, T4>>
{
    public override IEnumerable<Type> MemberTypes => [typeof(T1), typeof(T2), typeof(T3), typeof(T4)];

    public override Tuple<T1, T2, T3, T4> Copy(Tuple<T1, T2, T3, T4> value, CopyContext context) =>
        new(context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3), context.Copy(value.Item4));

    protected override void WriteItems(CodecWriter writer, Tuple<T1, T2, T3, T4> value)
    {
        writer.WriteField(0, value.Item1);
        writer.WriteField(1, value.Item2);
        writer.WriteField(2, value.Item3);
        writer.WriteField(3, value.Item4);
    }

    public override Tuple<T1, T2, T3, T4> ReadBody(CodecReader reader, int ordinal)
    {
        T1 item1 = default!;
        T2 item2 = default!;
        T3 item3 = default!;
        T4 item4 = default!;
        while (reader.TryReadHeader(out var header))
        {
            switch (header.Id)
            {
                case 0:
                    item1 = reader.ReadField<T1>(header);
                    break;
                case 1:
                    item2 = reader.ReadField<T2>(header);
                    break;
                case 2:
                    item3 = reader.ReadField<T3>(header);
                    break;
                case 3:
                    item4 = reader.ReadField<T4>(header);
                    break;
                default:
                    reader.Skip(header);
                    break;
            }
        }

        reader.EndObject();
        return new(item1, item2, item3, item4);
    }
}
