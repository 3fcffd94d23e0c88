using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine;

/// <summary>A planned statement of a session. An execution costs microseconds, where parsing and planning cost a hundred.</summary>
public sealed class PreparedStatement : IAsyncDisposable
{
    private readonly EngineSession _session;
    private readonly StatementHandle _statement;

    internal PreparedStatement(EngineSession session, StatementHandle statement)
    {
        _session = session;
        _statement = statement;
        ParameterCount = (int)DuckDb.ParameterCount(statement);
    }

    /// <summary>Parameters that each execution must give.</summary>
    public int ParameterCount { get; }

    /// <summary>What the statement is: its kind, columns and parameters.</summary>
    /// <param name="cancellationToken">Stops waiting for the session.</param>
    public Task<StatementShape> DescribeAsync(CancellationToken cancellationToken) =>
        _session.RunAsync(_ => StatementInspection.Describe(_statement, _session.ArrowOptions), cancellationToken);

    /// <summary>Executes the statement and discards its rows.</summary>
    /// <param name="parameters">Values in order; null for none.</param>
    /// <param name="cancellationToken">Interrupts the statement.</param>
    /// <returns>Rows inserted, updated or deleted; 0 for other statements.</returns>
    /// <exception cref="EngineException">The statement failed.</exception>
    public Task<long> ExecuteAsync(IReadOnlyList<object?>? parameters, CancellationToken cancellationToken) =>
        _session.RunAsync(
            token =>
            {
                EngineValue.BindAll(_statement, parameters ?? []);
                using var result = NativeStatement.Start(_statement);
                return NativeStatement.Drain(result, token);
            },
            cancellationToken);

    /// <summary>Starts the query; see <see cref="EngineSession.QueryAsync"/>.</summary>
    /// <param name="parameters">Values in order; null for none.</param>
    /// <param name="cancellationToken">Interrupts the start.</param>
    /// <param name="batchRowCount">Rows of each batch but the last.</param>
    public Task<EngineResult> QueryAsync(
        IReadOnlyList<object?>? parameters,
        CancellationToken cancellationToken,
        int batchRowCount = EngineSession.DefaultBatchRowCount)
    {
        EngineResult.ThrowIfBatchRowCount(batchRowCount);
        return _session.RunAsync(_ => _session.StartQuery(_statement, parameters, batchRowCount), cancellationToken);
    }

    /// <inheritdoc cref="QueryOnceAsync(IReadOnlyList{object?}?, CancellationToken)"/>
    public Task<EngineResult> QueryOnceAsync(CancellationToken cancellationToken) => QueryOnceAsync(null, cancellationToken);

    /// <summary>Starts the query for the only time: the plan is freed with its result, and the statement needs no further disposal.</summary>
    /// <param name="parameters">Values in order; null for none.</param>
    /// <param name="cancellationToken">Interrupts the start.</param>
    /// <exception cref="EngineException">DuckDB failed the statement, which then is not freed.</exception>
    public Task<EngineResult> QueryOnceAsync(IReadOnlyList<object?>? parameters, CancellationToken cancellationToken) => _session.RunAsync(
        _ =>
        {
            var result = _session.StartQuery(_statement, parameters, EngineSession.DefaultBatchRowCount);
            _statement.Dispose();
            return result;
        },
        cancellationToken);

    /// <summary>Frees the plan. Repeating it does nothing.</summary>
    public ValueTask DisposeAsync() => _statement.IsClosed ? ValueTask.CompletedTask : _session.CloseAsync(_statement.Dispose);
}
