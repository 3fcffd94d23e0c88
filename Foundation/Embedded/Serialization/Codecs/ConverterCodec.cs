using System.Reflection;

namespace Orleans.Embedded.Serialization;

/// <summary>Values that a user's converter turns into surrogates.</summary>
internal sealed class ConverterCodec<TValue, TSurrogate>(IConverter<TValue, TSurrogate> converter) : Codec<TValue>
    where TSurrogate : struct
{
    private readonly Codec<TSurrogate> _surrogate = (Codec<TSurrogate>)CodecRegistry.Get(typeof(TSurrogate));

    // The type is not annotated, so its fields are looked at. Exceptions are shared by copies, whatever they hold.
    private readonly FieldInfo[] _fields = typeof(Exception).IsAssignableFrom(typeof(TValue)) ? [] : AllFields();

    public override bool IsReadOnly => Array.TrueForAll(_fields, static info => info.IsInitOnly);

    public override IEnumerable<Type> MemberTypes => _fields.Select(static info => info.FieldType);

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

    private static FieldInfo[] AllFields()
    {
        var fields = new List<FieldInfo>();
        for (var type = typeof(TValue); type is not null; type = type.BaseType)
        {
            fields.AddRange(type.GetFields(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly));
        }

        return [.. fields];
    }
}
