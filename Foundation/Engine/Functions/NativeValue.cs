using System.Runtime.InteropServices;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Functions;

/// <summary>The engine's single values as .NET values.</summary>
internal static unsafe class NativeValue
{
    /// <summary>A value that is not NULL, of the type of a parameter.</summary>
    public static object Read(nint value, DuckDbType type) => type switch
    {
        DuckDbType.Boolean => DuckDb.GetBoolean(value),
        DuckDbType.SmallInt => DuckDb.GetInt16(value),
        DuckDbType.Integer => DuckDb.GetInt32(value),
        DuckDbType.BigInt => DuckDb.GetInt64(value),
        DuckDbType.Float => DuckDb.GetSingle(value),
        DuckDbType.Double => DuckDb.GetDouble(value),
        DuckDbType.Decimal => ReadDecimal(DuckDb.GetDecimal(value)),
        DuckDbType.Varchar => ReadText(value),
        DuckDbType.Blob => ReadBlob(value),
        DuckDbType.Date => EngineTime.ToDate(DuckDb.GetDate(value)),
        DuckDbType.Time => EngineTime.ToTime(DuckDb.GetTime(value)),
        DuckDbType.Timestamp => EngineTime.ToTimestamp(DuckDb.GetTimestamp(value), DateTimeKind.Unspecified),
        DuckDbType.TimestampTz => new DateTimeOffset(EngineTime.ToTimestamp(DuckDb.GetTimestampTz(value), DateTimeKind.Utc)),
        DuckDbType.Any => ReadTexts(value),
        _ => throw new InvalidOperationException($"Values of the type {type} are no arguments."),
    };

    private static decimal ReadDecimal(DuckDbDecimal value)
    {
        var number = new Int128((ulong)value.Value.Upper, value.Value.Lower);
        return EngineDecimal.Read((byte*)&number, 0, value.Scale);
    }

    private static string ReadText(nint value)
    {
        var text = DuckDb.GetText(value);
        try
        {
            return Marshal.PtrToStringUTF8(text) ?? "";
        }
        finally
        {
            DuckDb.Free(text);
        }
    }

    /// <summary>A text, or a list of texts.</summary>
    private static string[] ReadTexts(nint value)
    {
        switch ((DuckDbType)DuckDb.TypeId(DuckDb.TypeOfValue(value)))
        {
            case DuckDbType.Varchar:
                return [ReadText(value)];
            case DuckDbType.List:
                var texts = new string[(int)DuckDb.ListSize(value)];
                for (var index = 0; index < texts.Length; index++)
                {
                    var item = DuckDb.ListItem(value, (ulong)index);
                    try
                    {
                        texts[index] = DuckDb.IsNull(item) ? throw new ArgumentException("NULL is among the texts of a list.") : ReadText(item);
                    }
                    finally
                    {
                        DuckDb.DestroyValue(ref item);
                    }
                }

                return texts;
            default:
                throw new ArgumentException("A text, or a list of texts, is wanted.");
        }
    }

    private static byte[] ReadBlob(nint value)
    {
        var blob = DuckDb.GetBlob(value);
        try
        {
            return new ReadOnlySpan<byte>((void*)blob.Pointer, checked((int)blob.ByteCount)).ToArray();
        }
        finally
        {
            DuckDb.Free(blob.Pointer);
        }
    }
}
