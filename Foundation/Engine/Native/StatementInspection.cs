using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.CData;

namespace OrleansFlow.Engine.Native;

/// <summary>Asks the engine what a statement is, without running it. All of it blocks, so it runs on a session's thread.</summary>
internal static unsafe class StatementInspection
{
    // Type ids of the engine that stand for "not known yet".
    private const int InvalidType = 0;
    private const int AnyType = 34;
    private const int NullType = 36;

    /// <summary>Kind, columns and parameters of a prepared statement.</summary>
    public static StatementShape Describe(StatementHandle statement, ArrowOptionsHandle options)
    {
        var type = DuckDb.StatementType(statement);
        var kind = Enum.IsDefined((StatementKind)type) ? (StatementKind)type : StatementKind.Other;
        var columns = (int)DuckDb.StatementColumnCount(statement);
        var parameters = (int)DuckDb.ParameterCount(statement);
        return new StatementShape(
            kind,
            columns == 0 ? null : TryDescribe(options, columns, index => DuckDb.StatementColumnType(statement, index), index => DuckDb.StatementColumnName(statement, index)),
            new ArrowSchema([.. Enumerable.Range(1, parameters).Select(number => Parameter(statement, options, (ulong)number))]));
    }

    private static ArrowField Parameter(StatementHandle statement, ArrowOptionsHandle options, ulong number)
    {
        var name = TakeText(DuckDb.ParameterName(statement, number));
        var schema = TryDescribe(options, 1, _ => DuckDb.ParameterType(statement, number), null);
        return new ArrowField(name, schema?.Fields[0].Type ?? ArrowType.Null);
    }

    private static ArrowSchema? TryDescribe(ArrowOptionsHandle options, int count, Func<ulong, nint> type, Func<ulong, nint>? name)
    {
        var types = new LogicalTypeHandle[count];
        CArrowSchema declared = default;
        try
        {
            var names = new string[count];
            for (var index = 0; index < count; index++)
            {
                var value = type((ulong)index);
                types[index] = new LogicalTypeHandle(value);
                if (value == 0 || DuckDb.TypeId(value) is InvalidType or AnyType or NullType)
                {
                    return null;
                }

                names[index] = name is null ? "" : TakeText(name((ulong)index));
            }

            ArrowConversion.Describe(options, types, names, &declared);
            return CDataImporter.ImportSchema(&declared);
        }
        finally
        {
            CArrowSchema.ReleaseIfHeld(&declared);
            foreach (var held in types)
            {
                held?.Dispose();
            }
        }
    }

    private static string TakeText(nint text)
    {
        var result = Marshal.PtrToStringUTF8(text) ?? "";
        if (text != 0)
        {
            DuckDb.Free(text);
        }

        return result;
    }
}
