using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Native;

/// <summary>Prepares and starts statements. All of it blocks, so it runs on a session's thread.</summary>
internal static unsafe class NativeStatement
{
    private const int ChangedRows = 1;

    /// <summary>
    /// Prepares the last statement of a text and executes those before it, because each may depend on the one before.
    /// </summary>
    /// <exception cref="EngineException">A statement is wrong or failed.</exception>
    public static StatementHandle Prepare(ConnectionHandle connection, string sql) => Prepare(connection, sql, mustBeOne: false);

    /// <summary>Prepares the only statement of a text.</summary>
    /// <exception cref="ArgumentException">There are several, of which none was executed, or none.</exception>
    /// <exception cref="EngineException">It is wrong.</exception>
    public static StatementHandle PrepareOne(ConnectionHandle connection, string sql) => Prepare(connection, sql, mustBeOne: true);

    private static StatementHandle Prepare(ConnectionHandle connection, string sql, bool mustBeOne)
    {
        if (sql.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("The statement holds a NUL character; remove it, or pass the text as a parameter.", nameof(sql));
        }

        var count = DuckDb.ExtractStatements(connection, sql, out var extracted);
        using var statements = new ExtractedHandle(extracted);
        if (mustBeOne && count > 1)
        {
            throw Several(count);
        }

        if (count == 0)
        {
            var message = Marshal.PtrToStringUTF8(DuckDb.ExtractStatementsError(extracted));
            throw !string.IsNullOrEmpty(message) ? EngineException.FromMessage(message)
                : mustBeOne ? Several(0)
                : new EngineException("The text holds no SQL statement.", EngineErrorKind.Syntax);
        }

        for (ulong index = 0; ; index++)
        {
            var state = DuckDb.PrepareExtractedStatement(connection, extracted, index, out var prepared);
            var statement = new StatementHandle(prepared);
            if (state != DuckDb.Success)
            {
                using (statement)
                {
                    throw EngineException.FromMessage(Marshal.PtrToStringUTF8(DuckDb.PrepareError(statement)));
                }
            }

            if (index == count - 1)
            {
                return statement;
            }

            using (statement)
            {
                Start(statement).Dispose();
            }
        }
    }

    /// <summary>Statements of a text.</summary>
    /// <exception cref="EngineException">It is no SQL.</exception>
    public static int Count(ConnectionHandle connection, string sql)
    {
        if (sql.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("The statement holds a NUL character; remove it, or pass the text as a parameter.", nameof(sql));
        }

        var count = DuckDb.ExtractStatements(connection, sql, out var extracted);
        using var statements = new ExtractedHandle(extracted);
        var message = count == 0 ? Marshal.PtrToStringUTF8(DuckDb.ExtractStatementsError(extracted)) : null;
        return string.IsNullOrEmpty(message) ? (int)count : throw EngineException.FromMessage(message);
    }

    /// <summary>Executes all statements of a text, without parameters.</summary>
    public static void ExecuteAll(ConnectionHandle connection, string sql)
    {
        using var statement = Prepare(connection, sql);
        using var result = Start(statement);
    }

    /// <summary>Starts a prepared statement with the parameters that are bound to it; rows are fetched afterwards.</summary>
    /// <param name="statement">The statement.</param>
    /// <exception cref="EngineException">The statement failed.</exception>
    public static ResultHandle Start(StatementHandle statement)
    {
        var state = DuckDb.PendingPreparedStreaming(statement, out var pending);
        try
        {
            if (state != DuckDb.Success)
            {
                throw EngineException.FromMessage(Marshal.PtrToStringUTF8(DuckDb.PendingError(pending)));
            }

            // The engine's threads are at work from here on. Leaving now would leave them there.
            var result = new ResultHandle();
            if (DuckDb.ExecutePending(pending, result.Pointer) == DuckDb.Success)
            {
                return result;
            }

            using (result)
            {
                throw Error(result) ?? EngineException.FromMessage(Marshal.PtrToStringUTF8(DuckDb.PendingError(pending)));
            }
        }
        finally
        {
            DuckDb.DestroyPending(ref pending);
        }
    }

    /// <summary>The failure a result holds, or null.</summary>
    public static EngineException? Error(ResultHandle result)
    {
        var message = Marshal.PtrToStringUTF8(DuckDb.ResultError(result.Pointer));
        return string.IsNullOrEmpty(message) ? null : EngineException.FromNative(message, DuckDb.ResultErrorType(result.Pointer));
    }

    /// <summary>Reads a result to its end and returns the rows that the statement changed; 0 for those that change none.</summary>
    public static long Drain(ResultHandle result, CancellationToken cancellationToken)
    {
        var changed = DuckDb.ResultReturnType(*result.Pointer) == ChangedRows ? (long)DuckDb.RowsChanged(result.Pointer) : 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var chunk = DuckDb.FetchChunk(*result.Pointer);
            if (chunk == 0)
            {
                return Error(result) is { } failure ? throw failure : changed;
            }

            DuckDb.DestroyDataChunk(ref chunk);
        }
    }

    private static ArgumentException Several(ulong count) => new($"The text holds {count} statements; send one at a time.");
}
