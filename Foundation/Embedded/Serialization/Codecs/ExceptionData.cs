using System.Collections;

namespace Orleans.Embedded.Serialization;

/// <summary>The dictionary of an exception. What has no codec is sent as its text: an error report must not fail itself.</summary>
internal static class ExceptionData
{
    public static void Write(CodecWriter writer, uint id, Exception exception)
    {
        if (exception.Data.Count == 0)
        {
            return;
        }

        var entries = new KeyValuePair<string, object?>[exception.Data.Count];
        var index = 0;
        foreach (DictionaryEntry entry in exception.Data)
        {
            entries[index++] = new(entry.Key.ToString() ?? string.Empty, Sendable(entry.Value));
        }

        writer.WriteField(id, entries);
    }

    public static void Read(CodecReader reader, in FieldHeader header, Exception exception)
    {
        foreach (var (key, value) in reader.ReadField<KeyValuePair<string, object?>[]?>(header) ?? [])
        {
            if (key is not null)
            {
                exception.Data[key] = value;
            }
        }
    }

    private static object? Sendable(object? value) =>
        value is null or string || Type.GetTypeCode(value.GetType()) != TypeCode.Object && value is not (DBNull or Enum) || value is Guid
            ? value
            : value.ToString();
}
