namespace Orleans.Embedded.Serialization;

// Tuples of 5 to 8 items; field ids are the positions of the items.

internal sealed class ClassTupleCodec<T1, T2, T3, T4, T5> : TupleCodec<Tuple<T1, T2, T3, T4, T5>>
{
    public override IEnumerable<Type> MemberTypes => [typeof(T1), typeof(T2), typeof(T3), typeof(T4), typeof(T5)];

    public override Tuple<T1, T2, T3, T4, T5> Copy(Tuple<T1, T2, T3, T4, T5> value, CopyContext context) =>
        new(context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3), context.Copy(value.Item4), context.Copy(value.Item5));

    protected override void WriteItems(CodecWriter writer, Tuple<T1, T2, T3, T4, T5> value)
    {
        writer.WriteField(0, value.Item1);
        writer.WriteField(1, value.Item2);
        writer.WriteField(2, value.Item3);
        writer.WriteField(3, value.Item4);
        writer.WriteField(4, value.Item5);
    }

    public override Tuple<T1, T2, T3, T4, T5> ReadBody(CodecReader reader, int ordinal)
    {
        T1 item1 = default!;
        T2 item2 = default!;
        T3 item3 = default!;
        T4 item4 = default!;
        T5 item5 = default!;
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
                case 4:
                    item5 = reader.ReadField<T5>(header);
                    break;
                default:
                    reader.Skip(header);
                    break;
            }
        }

        reader.EndObject();
        return new(item1, item2, item3, item4, item5);
    }
}

internal sealed class ClassTupleCodec<T1, T2, T3, T4, T5, T6> : TupleCodec<Tuple<T1, T2, T3, T4, T5, T6>>
{
    public override IEnumerable<Type> MemberTypes => [typeof(T1), typeof(T2), typeof(T3), typeof(T4), typeof(T5), typeof(T6)];

    public override Tuple<T1, T2, T3, T4, T5, T6> Copy(Tuple<T1, T2, T3, T4, T5, T6> value, CopyContext context) =>
        new(context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3), context.Copy(value.Item4), context.Copy(value.Item5), context.Copy(value.Item6));

    protected override void WriteItems(CodecWriter writer, Tuple<T1, T2, T3, T4, T5, T6> value)
    {
        writer.WriteField(0, value.Item1);
        writer.WriteField(1, value.Item2);
        writer.WriteField(2, value.Item3);
        writer.WriteField(3, value.Item4);
        writer.WriteField(4, value.Item5);
        writer.WriteField(5, value.Item6);
    }

    public override Tuple<T1, T2, T3, T4, T5, T6> ReadBody(CodecReader reader, int ordinal)
    {
        T1 item1 = default!;
        T2 item2 = default!;
        T3 item3 = default!;
        T4 item4 = default!;
        T5 item5 = default!;
        T6 item6 = default!;
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
                case 4:
                    item5 = reader.ReadField<T5>(header);
                    break;
                case 5:
                    item6 = reader.ReadField<T6>(header);
                    break;
                default:
                    reader.Skip(header);
                    break;
            }
        }

        reader.EndObject();
        return new(item1, item2, item3, item4, item5, item6);
    }
}

internal sealed class ClassTupleCodec<T1, T2, T3, T4, T5, T6, T7> : TupleCodec<Tuple<T1, T2, T3, T4, T5, T6, T7>>
{
    public override IEnumerable<Type> MemberTypes => [typeof(T1), typeof(T2), typeof(T3), typeof(T4), typeof(T5), typeof(T6), typeof(T7)];

    public override Tuple<T1, T2, T3, T4, T5, T6, T7> Copy(Tuple<T1, T2, T3, T4, T5, T6, T7> value, CopyContext context) =>
        new(context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3), context.Copy(value.Item4), context.Copy(value.Item5), context.Copy(value.Item6), context.Copy(value.Item7));

    protected override void WriteItems(CodecWriter writer, Tuple<T1, T2, T3, T4, T5, T6, T7> value)
    {
        writer.WriteField(0, value.Item1);
        writer.WriteField(1, value.Item2);
        writer.WriteField(2, value.Item3);
        writer.WriteField(3, value.Item4);
        writer.WriteField(4, value.Item5);
        writer.WriteField(5, value.Item6);
        writer.WriteField(6, value.Item7);
    }

    public override Tuple<T1, T2, T3, T4, T5, T6, T7> ReadBody(CodecReader reader, int ordinal)
    {
        T1 item1 = default!;
        T2 item2 = default!;
        T3 item3 = default!;
        T4 item4 = default!;
        T5 item5 = default!;
        T6 item6 = default!;
        T7 item7 = default!;
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
                case 4:
                    item5 = reader.ReadField<T5>(header);
                    break;
                case 5:
                    item6 = reader.ReadField<T6>(header);
                    break;
                case 6:
                    item7 = reader.ReadField<T7>(header);
                    break;
                default:
                    reader.Skip(header);
                    break;
            }
        }

        reader.EndObject();
        return new(item1, item2, item3, item4, item5, item6, item7);
    }
}

internal sealed class ClassTupleCodec<T1, T2, T3, T4, T5, T6, T7, T8> : TupleCodec<Tuple<T1, T2, T3, T4, T5, T6, T7, T8>>
    where T8 : notnull
{
    public override IEnumerable<Type> MemberTypes => [typeof(T1), typeof(T2), typeof(T3), typeof(T4), typeof(T5), typeof(T6), typeof(T7), typeof(T8)];

    public override Tuple<T1, T2, T3, T4, T5, T6, T7, T8> Copy(Tuple<T1, T2, T3, T4, T5, T6, T7, T8> value, CopyContext context) =>
        new(context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3), context.Copy(value.Item4), context.Copy(value.Item5), context.Copy(value.Item6), context.Copy(value.Item7), context.Copy(value.Rest));

    protected override void WriteItems(CodecWriter writer, Tuple<T1, T2, T3, T4, T5, T6, T7, T8> value)
    {
        writer.WriteField(0, value.Item1);
        writer.WriteField(1, value.Item2);
        writer.WriteField(2, value.Item3);
        writer.WriteField(3, value.Item4);
        writer.WriteField(4, value.Item5);
        writer.WriteField(5, value.Item6);
        writer.WriteField(6, value.Item7);
        writer.WriteField(7, value.Rest);
    }

    public override Tuple<T1, T2, T3, T4, T5, T6, T7, T8> ReadBody(CodecReader reader, int ordinal)
    {
        T1 item1 = default!;
        T2 item2 = default!;
        T3 item3 = default!;
        T4 item4 = default!;
        T5 item5 = default!;
        T6 item6 = default!;
        T7 item7 = default!;
        T8 item8 = default!;
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
                case 4:
                    item5 = reader.ReadField<T5>(header);
                    break;
                case 5:
                    item6 = reader.ReadField<T6>(header);
                    break;
                case 6:
                    item7 = reader.ReadField<T7>(header);
                    break;
                case 7:
                    item8 = reader.ReadField<T8>(header);
                    break;
                default:
                    reader.Skip(header);
                    break;
            }
        }

        reader.EndObject();
        return new(item1, item2, item3, item4, item5, item6, item7, item8);
    }
}
