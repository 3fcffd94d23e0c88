using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Scans;

/// <summary>
/// The table function <c>orleansflow_stub(id)</c>: it can be planned over and never read. A table function, and not an empty table, because
/// DuckDB plans an empty table as nothing at all, and hides filters inside the scans of its own tables.
/// </summary>
internal static unsafe class StubFunction
{
    public const string Name = "orleansflow_stub";

    /// <summary>Registers the function; <paramref name="stubs"/> is looked up at each bind.</summary>
    public static void Register(ConnectionHandle connection, ConcurrentDictionary<long, StubTable> stubs)
    {
        var function = DuckDb.CreateTableFunction();
        var parameter = DuckDb.CreateLogicalType((int)DuckDbType.BigInt);
        try
        {
            DuckDb.SetTableFunctionName(function, Name);
            DuckDb.AddTableFunctionParameter(function, parameter);
            DuckDb.SetTableFunctionExtra(function, GCHandle.ToIntPtr(GCHandle.Alloc(stubs)), &FreeHandle);
            DuckDb.SetTableFunctionBind(function, &Bind);
            DuckDb.SetTableFunctionInit(function, &Refuse);
            DuckDb.SetTableFunctionBody(function, &End);
            DuckDb.SetProjectionPushdown(function, true);
            if (DuckDb.RegisterTableFunction(connection, function) != DuckDb.Success)
            {
                throw new EngineException($"The table function {Name} could not be registered.", EngineErrorKind.Internal);
            }
        }
        finally
        {
            DuckDb.DestroyLogicalType(ref parameter);
            DuckDb.DestroyTableFunction(ref function);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Bind(nint bind)
    {
        try
        {
            var stubs = (ConcurrentDictionary<long, StubTable>)GCHandle.FromIntPtr(DuckDb.BindExtra(bind)).Target!;
            var parameter = DuckDb.BindParameter(bind, 0);
            var id = DuckDb.GetInt64(parameter);
            DuckDb.DestroyValue(ref parameter);
            if (!stubs.TryGetValue(id, out var stub))
            {
                throw new InvalidOperationException($"Stub table {id} does not exist any more; register it again.");
            }

            for (var column = 0; column < stub.Columns.Count; column++)
            {
                DuckDb.AddResultColumn(bind, stub.Columns[column], stub.TypeOf(column));
            }

            DuckDb.SetCardinality(bind, (ulong)stub.EstimatedRowCount, false);
        }
        catch (Exception exception)
        {
            // No exception may leave a callback: it would end the process.
            DuckDb.SetBindError(bind, exception.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Refuse(nint init) => DuckDb.SetInitError(init, "A stub table has no rows: it can only be planned over.");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void End(nint function, nint output) => DuckDb.SetDataChunkSize(output, 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeHandle(nint pointer) => GCHandle.FromIntPtr(pointer).Free();
}
