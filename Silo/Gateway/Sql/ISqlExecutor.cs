using OrleansFlow.Engine;
using OrleansFlow.Flight;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Runs the statements of clients.</summary>
internal interface ISqlExecutor
{
    /// <summary>Whether a query that is read again gives the same batches, so that a client that lost its connection can pass over those that it has.</summary>
    bool IsRepeatable { get; }

    /// <summary>What a statement is, without running it.</summary>
    /// <exception cref="OrleansFlow.Errors.FlowException"><c>engine_error</c>: it is no statement, or names what is not there; <c>bad_input</c>; <c>limit_exceeded</c>.</exception>
    Task<StatementShape> DescribeAsync(string sql, CancellationToken cancellationToken);

    /// <summary>Starts a statement that gives rows. Dispose the stream.</summary>
    /// <param name="sql">One statement.</param>
    /// <param name="parameters">Values in order.</param>
    /// <param name="input">One more table, which hides a registered one of its name; null for none.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="cancellationToken">Ends the statement, its reading included.</param>
    Task<FlightStream> QueryAsync(
        string sql, IReadOnlyList<object?> parameters, SqlTable? input, SqlCaller caller, CancellationToken cancellationToken);

    /// <summary>Runs a statement that changes tables.</summary>
    /// <param name="sql">One statement.</param>
    /// <param name="rows">Values in order, for each execution; one empty row for a statement without parameters.</param>
    /// <param name="cancellationToken">Ends the statement; then nothing is changed.</param>
    /// <returns>Rows changed.</returns>
    Task<long> UpdateAsync(string sql, IReadOnlyList<IReadOnlyList<object?>> rows, CancellationToken cancellationToken);
}
