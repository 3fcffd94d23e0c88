using System.Text;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>What tells schemas apart: the parsing canonical form of a schema, and its 64-bit fingerprint by Rabin's method (Avro 1.12, "Transforming into Parsing Canonical Form").</summary>
internal static class AvroFingerprint
{
    private const ulong Empty = 0xc15d213aa4d7a795;
    private static readonly ulong[] Table = MakeTable();

    /// <summary>CRC-64-AVRO of the canonical form.</summary>
    public static ulong Of(AvroType schema) => Of(Encoding.UTF8.GetBytes(Canonical(schema)));

    /// <summary>CRC-64-AVRO of bytes.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var print = Empty;
        foreach (var one in bytes)
        {
            print = (print >> 8) ^ Table[(byte)print ^ one];
        }

        return print;
    }

    /// <summary>The schema without what does not change how data is written.</summary>
    public static string Canonical(AvroType schema)
    {
        var text = new StringBuilder();
        Write(schema, text, new HashSet<string>(StringComparer.Ordinal));
        return text.ToString();
    }

    private static ulong[] MakeTable()
    {
        var table = new ulong[256];
        for (var i = 0; i < table.Length; i++)
        {
            var print = (ulong)i;
            for (var bit = 0; bit < 8; bit++)
            {
                print = (print >> 1) ^ (Empty & (ulong)-(long)(print & 1));
            }

            table[i] = print;
        }

        return table;
    }

    private static void Write(AvroType type, StringBuilder text, HashSet<string> written)
    {
        if (type.FullName.Length > 0)
        {
            if (!written.Add(type.FullName))
            {
                text.Append('"').Append(type.FullName).Append('"');
                return;
            }

            text.Append("{\"name\":\"").Append(type.FullName).Append("\",\"type\":\"").Append(type.KindName).Append('"');
            WriteNamed(type, text, written);
            text.Append('}');
            return;
        }

        switch (type.Kind)
        {
            case AvroKind.Array:
                text.Append("{\"type\":\"array\",\"items\":");
                Write(type.Items!, text, written);
                text.Append('}');
                break;
            case AvroKind.Map:
                text.Append("{\"type\":\"map\",\"values\":");
                Write(type.Items!, text, written);
                text.Append('}');
                break;
            case AvroKind.Union:
                text.Append('[');
                for (var i = 0; i < type.Branches.Count; i++)
                {
                    text.Append(i > 0 ? "," : "");
                    Write(type.Branches[i], text, written);
                }

                text.Append(']');
                break;
            default:
                text.Append('"').Append(type.KindName).Append('"');
                break;
        }
    }

    private static void WriteNamed(AvroType type, StringBuilder text, HashSet<string> written)
    {
        switch (type.Kind)
        {
            case AvroKind.Record:
                text.Append(",\"fields\":[");
                for (var i = 0; i < type.Fields.Count; i++)
                {
                    text.Append(i > 0 ? "," : "").Append("{\"name\":\"").Append(type.Fields[i].Name).Append("\",\"type\":");
                    Write(type.Fields[i].Type, text, written);
                    text.Append('}');
                }

                text.Append(']');
                break;
            case AvroKind.Enum:
                text.Append(",\"symbols\":[");
                for (var i = 0; i < type.Symbols.Length; i++)
                {
                    text.Append(i > 0 ? "," : "").Append('"').Append(type.SymbolText(i)).Append('"');
                }

                text.Append(']');
                break;
            default:
                text.Append(",\"size\":").Append(type.Size);
                break;
        }
    }
}
