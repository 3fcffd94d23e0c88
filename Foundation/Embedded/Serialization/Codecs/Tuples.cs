namespace Orleans.Embedded.Serialization;

/// <summary>A class tuple is written as the value tuple of the same items.</summary>
internal abstract class ClassTupleCodec<TTuple, TItems>(TupleCodec<TItems> items, Func<TTuple, TItems> toItems, Func<TItems, TTuple> fromItems) : Codec<TTuple>
    where TTuple : class
    where TItems : struct
{
    public override WireKind Kind => items.Kind;

    public override bool IsReadOnly => items.IsReadOnly;

    public override IEnumerable<Type> MemberTypes => items.MemberTypes;

    public override TTuple Copy(TTuple value, CopyContext context) => fromItems(items.Copy(toItems(value), context));

    public override void WriteBody(CodecWriter writer, TTuple value) => items.WriteBody(writer, toItems(value));

    public override TTuple ReadBody(CodecReader reader, int ordinal) => fromItems(items.ReadBody(reader, ordinal));
}

internal sealed class ClassTupleCodecOf1<T1>()
    : ClassTupleCodec<Tuple<T1>, ValueTuple<T1>>(new ValueTupleCodec<T1>(), static tuple => tuple.ToValueTuple(), static items => items.ToTuple());

internal sealed class ClassTupleCodecOf2<T1, T2>()
    : ClassTupleCodec<Tuple<T1, T2>, ValueTuple<T1, T2>>(new ValueTupleCodec<T1, T2>(), static tuple => tuple.ToValueTuple(), static items => items.ToTuple());

internal sealed class ClassTupleCodecOf3<T1, T2, T3>()
    : ClassTupleCodec<Tuple<T1, T2, T3>, ValueTuple<T1, T2, T3>>(new ValueTupleCodec<T1, T2, T3>(), static tuple => tuple.ToValueTuple(), static items => items.ToTuple());

internal sealed class ClassTupleCodecOf4<T1, T2, T3, T4>()
    : ClassTupleCodec<Tuple<T1, T2, T3, T4>, ValueTuple<T1, T2, T3, T4>>(new ValueTupleCodec<T1, T2, T3, T4>(), static tuple => tuple.ToValueTuple(), static items => items.ToTuple());

internal sealed class ClassTupleCodecOf5<T1, T2, T3, T4, T5>()
    : ClassTupleCodec<Tuple<T1, T2, T3, T4, T5>, ValueTuple<T1, T2, T3, T4, T5>>(new ValueTupleCodec<T1, T2, T3, T4, T5>(), static tuple => tuple.ToValueTuple(), static items => items.ToTuple());

internal sealed class ClassTupleCodecOf6<T1, T2, T3, T4, T5, T6>()
    : ClassTupleCodec<Tuple<T1, T2, T3, T4, T5, T6>, ValueTuple<T1, T2, T3, T4, T5, T6>>(new ValueTupleCodec<T1, T2, T3, T4, T5, T6>(), static tuple => tuple.ToValueTuple(), static items => items.ToTuple());

internal sealed class ClassTupleCodecOf7<T1, T2, T3, T4, T5, T6, T7>()
    : ClassTupleCodec<Tuple<T1, T2, T3, T4, T5, T6, T7>, ValueTuple<T1, T2, T3, T4, T5, T6, T7>>(new ValueTupleCodec<T1, T2, T3, T4, T5, T6, T7>(), static tuple => tuple.ToValueTuple(), static items => items.ToTuple());

/// <summary>The rest of a value tuple must be a value tuple, so this one is written by itself.</summary>
internal sealed class ClassTupleCodecOf8<T1, T2, T3, T4, T5, T6, T7, T8> : TupleCodec<Tuple<T1, T2, T3, T4, T5, T6, T7, T8>>
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
