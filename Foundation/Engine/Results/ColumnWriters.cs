using System.Globalization;
using System.Runtime.InteropServices;
using OrleansFlow.Arrow.CData;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Results;

/// <summary>Chooses the writer of a column from DuckDB's type and the Arrow type that DuckDB itself declares for it.</summary>
internal static unsafe class ColumnWriters
{
    /// <summary>A writer, or null when the type is one that only DuckDB's own export knows.</summary>
    public static ColumnWriter? TryCreate(LogicalTypeHandle type, CArrowSchema* declared)
    {
        // The declared format is compared, not assumed: a later DuckDB that exports a type differently then falls back
        // to its own export, and never yields bytes that do not match the schema.
        var format = Marshal.PtrToStringUTF8((nint)declared->Format) ?? "";
        var widthBytes = (type.Id, format) switch
        {
            (DuckDbType.TinyInt, "c") or (DuckDbType.UTinyInt, "C") => 1,
            (DuckDbType.SmallInt, "s") or (DuckDbType.USmallInt, "S") => 2,
            (DuckDbType.Integer, "i") or (DuckDbType.UInteger, "I") or (DuckDbType.Float, "f") or (DuckDbType.Date, "tdD") => 4,
            (DuckDbType.BigInt, "l") or (DuckDbType.UBigInt, "L") or (DuckDbType.Double, "g") or (DuckDbType.Time, "ttu") => 8,
            (DuckDbType.Timestamp, "tsu:") or (DuckDbType.TimestampS, "tss:") => 8,
            (DuckDbType.TimestampMs, "tsm:") or (DuckDbType.TimestampNs, "tsn:") => 8,
            (DuckDbType.TimestampTz, _) when format.StartsWith("tsu:", StringComparison.Ordinal) => 8,
            (DuckDbType.HugeInt, "d:38,0") => 16,
            _ => 0,
        };
        if (widthBytes > 0)
        {
            return new FixedColumnWriter(widthBytes);
        }

        return (type.Id, format) switch
        {
            (DuckDbType.Boolean, "b") => new BooleanColumnWriter(),
            (DuckDbType.Varchar, "u") or (DuckDbType.Blob, "z") => new TextColumnWriter(),
            (DuckDbType.Decimal, _) => TryCreateDecimal(type, format),
            (DuckDbType.List, "+l") => TryCreateList(DuckDb.ListTypeChild(type.Value), declared),
            (DuckDbType.Map, "+m") => TryCreateMap(type, declared),
            (DuckDbType.Array, _) => TryCreateFixedList(type, declared, format),
            (DuckDbType.Struct, "+s") => TryCreateStruct(type, declared),
            _ => null,
        };
    }

    private static ColumnWriter? TryCreateDecimal(LogicalTypeHandle type, string format)
    {
        // "d:precision,scale" is 128 bits wide; a third number names the width.
        var parts = format.Split(',');
        if (!format.StartsWith("d:", StringComparison.Ordinal) || !(parts.Length == 2 || (parts.Length == 3 && parts[2] == "128")))
        {
            return null;
        }

        var storage = (DuckDbType)DuckDb.DecimalInternalType(type.Value);
        return storage == DuckDbType.HugeInt ? new FixedColumnWriter(16) : new NarrowDecimalColumnWriter(storage);
    }

    private static ColumnWriter? TryCreateChild(nint childType, CArrowSchema* declared)
    {
        using var type = new LogicalTypeHandle(childType);
        return TryCreate(type, declared);
    }

    private static ListColumnWriter? TryCreateList(nint childType, CArrowSchema* declared) =>
        TryCreateChild(childType, declared->Children[0]) is { } items ? new ListColumnWriter(items) : null;

    private static ListColumnWriter? TryCreateMap(LogicalTypeHandle type, CArrowSchema* declared)
    {
        var entries = declared->Children[0];
        var key = TryCreateChild(DuckDb.MapTypeKey(type.Value), entries->Children[0]);
        var value = TryCreateChild(DuckDb.MapTypeValue(type.Value), entries->Children[1]);
        return key is not null && value is not null ? new ListColumnWriter(new StructColumnWriter([key, value])) : null;
    }

    private static FixedListColumnWriter? TryCreateFixedList(LogicalTypeHandle type, CArrowSchema* declared, string format)
    {
        var size = DuckDb.ArrayTypeSize(type.Value);
        return format == string.Create(CultureInfo.InvariantCulture, $"+w:{size}")
            && TryCreateChild(DuckDb.ArrayTypeChild(type.Value), declared->Children[0]) is { } items
                ? new FixedListColumnWriter(items, (long)size)
                : null;
    }

    private static StructColumnWriter? TryCreateStruct(LogicalTypeHandle type, CArrowSchema* declared)
    {
        var members = new ColumnWriter[(int)DuckDb.StructTypeChildCount(type.Value)];
        for (var index = 0; index < members.Length; index++)
        {
            if (TryCreateChild(DuckDb.StructTypeChild(type.Value, (ulong)index), declared->Children[index]) is not { } member)
            {
                return null;
            }

            members[index] = member;
        }

        return new StructColumnWriter(members);
    }
}
