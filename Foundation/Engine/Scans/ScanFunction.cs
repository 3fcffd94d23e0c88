using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Scans;

/// <summary>
/// The table function through which statements read registered sources: <c>orleansflow_scan(id)</c>. Registered once per instance, because
/// that is what makes a prepared statement over new batches cheap; a scan by DuckDB's own Arrow view costs a catalog change each time.
/// </summary>
/// <remarks>
/// DuckDB calls in five steps: (1) bind: columns and types; (2) init: one cursor per execution; (3) local init: one slot per thread;
/// (4) the body, once per at most 2,048 rows; (5) the release of what 1 to 3 made. No exception may leave any of them: it would end
/// the process.
/// </remarks>
internal static unsafe class ScanFunction
{
    public const string Name = "orleansflow_scan";

    /// <summary>Registers the function; <paramref name="sources"/> is looked up at each bind.</summary>
    public static void Register(ConnectionHandle connection, ConcurrentDictionary<long, BatchSource> sources)
    {
        var function = DuckDb.CreateTableFunction();
        var parameter = DuckDb.CreateLogicalType((int)DuckDbType.BigInt);
        try
        {
            DuckDb.SetTableFunctionName(function, Name);
            DuckDb.AddTableFunctionParameter(function, parameter);
            DuckDb.SetTableFunctionExtra(function, ToPointer(sources), &FreeHandle);
            DuckDb.SetTableFunctionBind(function, &Bind);
            AddReading(function);
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

    /// <summary>Gives a table function steps 2 to 5 for the source that its own step 1 binds.</summary>
    internal static void AddReading(nint function)
    {
        DuckDb.SetTableFunctionInit(function, &Init);
        DuckDb.SetTableFunctionLocalInit(function, &InitThread);
        DuckDb.SetTableFunctionBody(function, &Read);
        DuckDb.SetProjectionPushdown(function, true);
    }

    /// <summary>Tells the engine what is read; takes over a reference to the source.</summary>
    internal static void Bind(nint bind, BatchSource source)
    {
        for (var column = 0; column < source.Schema.Fields.Count; column++)
        {
            DuckDb.AddResultColumn(bind, source.Schema.Fields[column].Name, source.TypeOf(column));
        }

        // Not exact: the batches may be exchanged between two executions of a prepared statement.
        if (source.EstimatedRowCount >= 0)
        {
            DuckDb.SetCardinality(bind, (ulong)source.EstimatedRowCount, false);
        }

        DuckDb.SetBindData(bind, ToPointer(source), &FreeSource);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Bind(nint bind)
    {
        try
        {
            var sources = FromPointer<ConcurrentDictionary<long, BatchSource>>(DuckDb.BindExtra(bind));
            var parameter = DuckDb.BindParameter(bind, 0);
            var id = DuckDb.GetInt64(parameter);
            DuckDb.DestroyValue(ref parameter);
            if (!sources.TryGetValue(id, out var source))
            {
                throw new InvalidOperationException($"Registered source {id} does not exist any more; register the batches again.");
            }

            source.AddReference();
            Bind(bind, source);
        }
        catch (Exception exception)
        {
            DuckDb.SetBindError(bind, exception.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Init(nint init)
    {
        BatchSource? source = null;
        try
        {
            source = FromPointer<BatchSource>(DuckDb.InitBindData(init));
            var columns = new int[(int)DuckDb.InitColumnCount(init)];
            for (var index = 0; index < columns.Length; index++)
            {
                var column = DuckDb.InitColumnIndex(init, (ulong)index);
                columns[index] = column < (ulong)source.Schema.Fields.Count ? (int)column : -1;
            }

            var cursor = source.Open(columns);
            DuckDb.SetInitData(init, ToPointer(cursor), &FreeDisposable);
            DuckDb.SetMaxThreads(init, (ulong)cursor.ThreadCountMax);
        }
        catch (Exception exception)
        {
            source?.Owner.ReportFailure(exception);
            DuckDb.SetInitError(init, exception.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void InitThread(nint init)
    {
        try
        {
            DuckDb.SetInitData(init, ToPointer(new ScanSlot()), &FreeDisposable);
        }
        catch (Exception exception)
        {
            DuckDb.SetInitError(init, exception.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Read(nint function, nint output)
    {
        ScanCursor? cursor = null;
        try
        {
            cursor = FromPointer<ScanCursor>(DuckDb.FunctionInitData(function));
            var slot = FromPointer<ScanSlot>(DuckDb.FunctionLocalData(function));
            long count;
            long start;
            while ((count = slot.Take(DuckDb.VectorRowCount, out start)) == 0)
            {
                if (!cursor.TryNext(slot))
                {
                    slot.Dispose();
                    DuckDb.SetDataChunkSize(output, 0);
                    return;
                }
            }

            for (var index = 0; index < cursor.Columns.Length; index++)
            {
                if (cursor.Columns[index] >= 0)
                {
                    cursor.Source.ReferenceRows(
                        slot.Batch, cursor.Places[index], cursor.Columns[index], start, count, DuckDb.DataChunkVector(output, (ulong)index));
                }
            }

            DuckDb.SetDataChunkSize(output, (ulong)count);
        }
        catch (Exception exception)
        {
            cursor?.Source.Owner.ReportFailure(exception);
            DuckDb.SetFunctionError(function, $"{cursor?.Source.Label}: {exception.Message}");
        }
    }

    private static nint ToPointer(object target) => GCHandle.ToIntPtr(GCHandle.Alloc(target));

    private static T FromPointer<T>(nint pointer)
        where T : class => (T)GCHandle.FromIntPtr(pointer).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeHandle(nint pointer) => GCHandle.FromIntPtr(pointer).Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeSource(nint pointer)
    {
        var handle = GCHandle.FromIntPtr(pointer);
        var source = (BatchSource)handle.Target!;
        handle.Free();
        source.Release();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeDisposable(nint pointer)
    {
        var handle = GCHandle.FromIntPtr(pointer);
        var target = (IDisposable)handle.Target!;
        handle.Free();
        try
        {
            target.Dispose();
        }
        catch (Exception exception)
        {
            // A stream that fails while it is closed cannot change a result that is complete or failed already.
            (target as ScanCursor)?.Source.Owner.ReportFailure(exception);
        }
    }
}
