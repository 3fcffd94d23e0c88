using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.CData;
using OrleansFlow.Engine.Scans;

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

    /// <summary>The columns of a prepared query as a table without rows.</summary>
    /// <exception cref="EngineException">A column's type is not known before the query runs.</exception>
    public static StubTable DescribeStub(string name, StatementHandle statement, long estimatedRowCount)
    {
        var count = (int)DuckDb.StatementColumnCount(statement);
        var columns = new string[count];
        var types = new LogicalTypeHandle[count];
        try
        {
            for (var index = 0; index < count; index++)
            {
                columns[index] = TakeText(DuckDb.StatementColumnName(statement, (ulong)index));
                types[index] = new LogicalTypeHandle(DuckDb.StatementColumnType(statement, (ulong)index));
                if (types[index].IsInvalid || (int)types[index].Id is InvalidType or AnyType)
                {
                    throw new EngineException(
                        $"Column '{columns[index]}' of the stub '{name}' has no known type; cast it.", EngineErrorKind.NotSupported);
                }
            }

            return count > 0
                ? new StubTable(name, columns, types, estimatedRowCount)
                : throw new EngineException($"The query of the stub '{name}' has no columns.", EngineErrorKind.NotSupported);
        }
        catch
        {
            foreach (var type in types)
            {
                type?.Dispose();
            }

            throw;
        }
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
