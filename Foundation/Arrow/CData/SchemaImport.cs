using System.Runtime.InteropServices;
using System.Text;

namespace OrleansFlow.Arrow.CData;

/// <summary>Reads <see cref="CArrowSchema"/> structures.</summary>
internal static unsafe class SchemaImport
{
    private const int MaxDepth = 64;

    public static ArrowField Import(CArrowSchema* source, int depth = 0)
    {
        if (depth > MaxDepth)
        {
            throw new ArrowFormatException($"The schema nests types more than {MaxDepth} levels deep.");
        }

        if (source is null || source->Format is null)
        {
            throw new ArrowFormatException("A schema has no format.");
        }

        if (source->ChildCount is < 0 or > 100_000 || (source->ChildCount > 0 && source->Children is null))
        {
            throw new ArrowFormatException($"A schema of format '{Text(source->Format)}' claims {source->ChildCount} children.");
        }

        var children = new ArrowField[source->ChildCount];
        for (var i = 0; i < children.Length; i++)
        {
            children[i] = Import(source->Children[i], depth + 1);
        }

        var type = CDataFormat.Read(Text(source->Format), children, source->Flags);
        if (source->Dictionary is not null)
        {
            var values = Import(source->Dictionary, depth + 1);
            type = type is IntegerType index
                ? new DictionaryType(index, values.Type, (source->Flags & CDataFormat.FlagDictionaryOrdered) != 0)
                : throw new ArrowFormatException($"A dictionary has indices of {type.Name}; they must be integers.");
        }

        return new ArrowField(
            source->Name is null ? "" : Text(source->Name), type, (source->Flags & CDataFormat.FlagNullable) != 0, Metadata(source->Metadata));
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    private static List<KeyValuePair<string, string>> Metadata(byte* bytes)
    {
        if (bytes is null)
        {
            return [];
        }

        var count = ReadLength(ref bytes);
        var pairs = new List<KeyValuePair<string, string>>();
        for (var i = 0; i < count; i++)
        {
            var key = ReadText(ref bytes);
            pairs.Add(new(key, ReadText(ref bytes)));
        }

        return pairs;
    }

    private static string ReadText(ref byte* bytes)
    {
        var length = ReadLength(ref bytes);
        var text = Encoding.UTF8.GetString(bytes, length);
        bytes += length;
        return text;
    }

    private static int ReadLength(ref byte* bytes)
    {
        int length;
        new ReadOnlySpan<byte>(bytes, 4).CopyTo(new Span<byte>(&length, 4));
        bytes += 4;
        return length >= 0 ? length : throw new ArrowFormatException($"The schema's metadata claims a length of {length}.");
    }
}
