using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Client.Queries;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client;

/// <content>SQL over Flight SQL.</content>
public sealed partial class FlowClient
{
    /// <summary>Runs a statement that gives rows. Each batch is yours: dispose it. Leaving the enumeration early stops the statement.</summary>
    /// <param name="sql">One statement; tables are <c>TABLE</c> and <c>runs.RUN.NODE</c>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops the statement.</param>
    /// <exception cref="FlowException"><c>engine_error</c>, <c>not_found</c>, <c>limit_exceeded</c>, <c>deadline_exceeded</c>, ...</exception>
    public async IAsyncEnumerable<RecordBatch> QueryAsync(
        string sql, QueryOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var batch in Query(sql, options: options).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

#pragma warning disable VSTHRD200 // It makes a query; nothing is awaited here.
    /// <summary>Prepares a statement that gives rows; it is sent when its columns or its rows are asked for.</summary>
    /// <param name="sql">One statement; tables are <c>TABLE</c> and <c>runs.RUN.NODE</c>.</param>
    /// <param name="headers">What the session builders of all its workers get to see: names of letters, digits, '-', '_' and '.', without regard to case; null for nothing.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no statement, or an option or the name of a header is wrong.</exception>
    public FlowQuery Query(string sql, IReadOnlyDictionary<string, string>? headers = null, QueryOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        options ??= new QueryOptions();
        options.Validate();
        return new FlowQuery(this, _channel, _locations, sql, options.Metadata(headers), options);
    }
#pragma warning restore VSTHRD200

    /// <summary>Runs a statement that changes registered tables; durable when it returns.</summary>
    /// <returns>Rows changed.</returns>
    /// <exception cref="FlowException"><c>engine_error</c>, <c>unsupported</c>, <c>already_exists</c>, ...</exception>
    public Task<long> UpdateAsync(string sql, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        return GuardAsync(() => new FlightSqlClient(new FlightClient(_channel.Value)).UpdateAsync(sql, new RpcCallOptions(CancellationToken: cancellationToken)));
    }

    private async Task<TResult> GuardAsync<TResult>(Func<Task<TResult>> callAsync)
    {
        try
        {
            return await callAsync().ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw RpcFailures.Translate(exception, _channel.Value.Address);
        }
    }
}
