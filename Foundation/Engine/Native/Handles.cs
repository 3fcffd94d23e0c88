using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Native;

/// <summary>A native resource that is counted, so that tests can show that none is left.</summary>
internal abstract class EngineHandle : SafeHandle
{
    private static long _liveCount;

    protected EngineHandle(nint value)
        : base(0, ownsHandle: true)
    {
        SetHandle(value);
        if (value != 0)
        {
            Interlocked.Increment(ref _liveCount);
        }
    }

    /// <summary>Handles of all kinds that are not released.</summary>
    public static long LiveCount => Interlocked.Read(ref _liveCount);

    public sealed override bool IsInvalid => handle == 0;

    protected abstract void Release(ref nint value);

    protected sealed override bool ReleaseHandle()
    {
        Release(ref handle);
        Interlocked.Decrement(ref _liveCount);
        return true;
    }
}

/// <summary><c>duckdb_database</c>.</summary>
internal sealed class DatabaseHandle(nint value) : EngineHandle(value)
{
    protected override void Release(ref nint value) => DuckDb.Close(ref value);
}

/// <summary><c>duckdb_connection</c>.</summary>
internal sealed class ConnectionHandle(nint value) : EngineHandle(value)
{
    protected override void Release(ref nint value) => DuckDb.Disconnect(ref value);
}

/// <summary><c>duckdb_prepared_statement</c>.</summary>
internal sealed class StatementHandle(nint value) : EngineHandle(value)
{
    protected override void Release(ref nint value) => DuckDb.DestroyPrepare(ref value);
}

/// <summary><c>duckdb_extracted_statements</c>.</summary>
internal sealed class ExtractedHandle(nint value) : EngineHandle(value)
{
    protected override void Release(ref nint value) => DuckDb.DestroyExtracted(ref value);
}

/// <summary><c>duckdb_appender</c>.</summary>
internal sealed class AppenderHandle(nint value) : EngineHandle(value)
{
    protected override void Release(ref nint value) => _ = DuckDb.DestroyAppender(ref value);
}

/// <summary><c>duckdb_arrow_converted_schema</c>.</summary>
internal sealed class ConvertedSchemaHandle(nint value) : EngineHandle(value)
{
    protected override void Release(ref nint value) => DuckDb.DestroyConvertedSchema(ref value);
}

/// <summary><c>duckdb_arrow_options</c>.</summary>
internal sealed class ArrowOptionsHandle(nint value) : EngineHandle(value)
{
    protected override void Release(ref nint value) => DuckDb.DestroyArrowOptions(ref value);
}

/// <summary><c>duckdb_logical_type</c>.</summary>
internal sealed class LogicalTypeHandle(nint value) : EngineHandle(value)
{
    public nint Value => handle;

    public DuckDbType Id => (DuckDbType)DuckDb.TypeId(handle);

    protected override void Release(ref nint value) => DuckDb.DestroyLogicalType(ref value);
}

/// <summary><c>duckdb_result</c>, kept in native memory: DuckDB wants its address and, for fetching, its value.</summary>
internal sealed unsafe class ResultHandle() : EngineHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(DuckDbResult)))
{
    public DuckDbResult* Pointer => (DuckDbResult*)handle;

    protected override void Release(ref nint value)
    {
        DuckDb.DestroyResult((DuckDbResult*)value);
        NativeMemory.Free((void*)value);
        value = 0;
    }
}
