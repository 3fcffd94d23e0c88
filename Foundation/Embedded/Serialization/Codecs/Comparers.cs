using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <summary>Comparers of collections on the wire. The numbers are for ever.</summary>
internal static class Comparers
{
    public const uint Default = 0;

    public static void Write<T>(CodecWriter writer, IEqualityComparer<T>? comparer, Type collection)
    {
        if (comparer is not null && !comparer.Equals(EqualityComparer<T>.Default))
        {
            writer.WriteField(SequenceFields.Comparer, Number(comparer, collection));
        }
    }

    public static void Write<T>(CodecWriter writer, IComparer<T>? comparer, Type collection)
    {
        if (comparer is not null && !comparer.Equals(Comparer<T>.Default))
        {
            writer.WriteField(SequenceFields.Comparer, Number(comparer, collection));
        }
    }

    public static IEqualityComparer<T>? Equality<T>(uint number) =>
        number == Default ? null : String(number) as IEqualityComparer<T> ?? throw Unknown(number, typeof(T));

    public static IComparer<T>? Order<T>(uint number) =>
        number == Default ? null : String(number) as IComparer<T> ?? throw Unknown(number, typeof(T));

    private static uint Number(object comparer, Type collection) => comparer switch
    {
        _ when comparer.Equals(StringComparer.Ordinal) => 1,
        _ when comparer.Equals(StringComparer.OrdinalIgnoreCase) => 2,
        _ when comparer.Equals(StringComparer.InvariantCulture) => 3,
        _ when comparer.Equals(StringComparer.InvariantCultureIgnoreCase) => 4,
        _ => throw new CodecNotFoundException(
            $"A '{collection}' with comparer '{comparer.GetType()}' cannot be sent. Use the default comparer or one of "
            + "StringComparer.Ordinal, OrdinalIgnoreCase, InvariantCulture, InvariantCultureIgnoreCase."),
    };

    private static StringComparer? String(uint number) => number switch
    {
        1 => StringComparer.Ordinal,
        2 => StringComparer.OrdinalIgnoreCase,
        3 => StringComparer.InvariantCulture,
        4 => StringComparer.InvariantCultureIgnoreCase,
        _ => null,
    };

    private static SerializerException Unknown(uint number, Type type) =>
        new($"Comparer {number} is not known for elements of type '{type}'.");
}
