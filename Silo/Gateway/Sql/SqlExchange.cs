using OrleansFlow.Arrow;
using OrleansFlow.Catalogs;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>
/// <c>DoExchange</c>: batches in, the rows of a statement over them out. The statement, in the descriptor, reads what the caller sent as the
/// table <c>input</c>, beside every other table. It runs when the caller has sent everything: so a caller that writes all before it reads
/// never waits for itself, and the statement may read <c>input</c> as often as it likes.
/// </summary>
internal sealed class SqlExchange(ISqlExecutor executor, SpoolFolder spool)
{
    /// <summary>First part of the path that holds a statement: <c>["exchange", SQL]</c>.</summary>
    public const string PathHead = "exchange";

    /// <summary>Name of the sent batches.</summary>
    public const string InputTable = "input";

    /// <summary>Runs an exchange.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: there is no statement, or it is one that changes tables; as <see cref="ISqlExecutor.QueryAsync"/>.</exception>
    public async Task<FlightStream> OpenAsync(
        FlightDescriptor descriptor, ArrowSchema? schema, IAsyncEnumerable<FlightBatch> batches, SqlCaller caller, CancellationToken cancellationToken)
    {
        var sql = StatementOf(descriptor);
        if (schema is null)
        {
            return await executor.QueryAsync(sql, [], null, caller, cancellationToken);
        }

        var sent = await spool.WriteAsync("The input of the exchange", schema, batches, cancellationToken);
        try
        {
            var input = sent.AsTable(new SqlTableName(SqlTableName.Registered, ICatalogGrain.DefaultNamespace, InputTable));
            var stream = await executor.QueryAsync(sql, [], input, caller, cancellationToken);
            return new FlightStream(stream.Schema, stream.Batches) { Owner = new Chain(stream, sent) };
        }
        catch
        {
            await sent.DisposeAsync();
            throw;
        }
    }

    private static string StatementOf(FlightDescriptor descriptor)
    {
        if (descriptor.Path is [PathHead, var text])
        {
            return SqlFlights.Text(text, inTransaction: false);
        }

        return descriptor.IsCommand && FlightSqlCommand.TryUnpack(descriptor.Command) is CommandStatementQuery query
            ? SqlFlights.Text(query.Query, query.HasTransactionId)
            : throw new FlowException(
                FlowErrorCode.BadInput,
                $"Flight '{descriptor}' holds no statement for an exchange: send the path [\"{PathHead}\", SQL] or a CommandStatementQuery; the statement reads the sent batches as the table '{InputTable}'.");
    }

    /// <summary>Ends the statement before what it reads.</summary>
    private sealed class Chain(FlightStream stream, SpooledBatches sent) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await stream.DisposeAsync();
            await sent.DisposeAsync();
        }
    }
}
