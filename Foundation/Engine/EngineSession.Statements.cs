using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine;

/// <summary>What a text is, before anything of it runs.</summary>
public sealed partial class EngineSession
{
    /// <summary>Parses and plans a statement once, for many executions.</summary>
    /// <param name="sql">The statement; statements before it, separated by semicolons, are executed now.</param>
    /// <param name="cancellationToken">Interrupts the planning.</param>
    /// <exception cref="EngineException">DuckDB refused the statement.</exception>
    public Task<PreparedStatement> PrepareAsync(string sql, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        return RunAsync(_ => new PreparedStatement(this, NativeStatement.Prepare(_connection, sql)), cancellationToken);
    }

    /// <summary>Counts the statements of a text without running any; comments are none.</summary>
    /// <exception cref="EngineException">The text is no SQL.</exception>
    public Task<int> CountStatementsAsync(string sql, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return RunAsync(_ => NativeStatement.Count(_connection, sql), cancellationToken);
    }

    /// <summary>Plans the only statement of a text and says what it is, in one call to the engine.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="cancellationToken">Interrupts the planning.</param>
    /// <returns>The statement, which the caller disposes, and what it is.</returns>
    /// <exception cref="ArgumentException">The text holds several statements, or none; nothing was executed.</exception>
    /// <exception cref="EngineException">DuckDB refused the statement.</exception>
    public Task<(PreparedStatement Statement, StatementShape Shape)> PrepareOneAsync(string sql, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return RunAsync(
            _ =>
            {
                var handle = NativeStatement.PrepareOne(_connection, sql);
                try
                {
                    return (new PreparedStatement(this, handle), StatementInspection.Describe(handle, _arrowOptions));
                }
                catch
                {
                    handle.Dispose();
                    throw;
                }
            },
            cancellationToken);
    }
}
