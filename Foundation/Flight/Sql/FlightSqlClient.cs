using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Sql;

/// <summary>Flight SQL over a <see cref="FlightClient"/>. Thread-safe. Every method throws <see cref="RpcException"/> as the client's do.</summary>
/// <param name="client">The way to the server; stays the caller's.</param>
public sealed class FlightSqlClient(FlightClient client)
{
    /// <summary>The client underneath, for endpoints that are at this server.</summary>
    public FlightClient Flight => client;

    /// <summary>Where the rows of a query are.</summary>
    public Task<FlightInfo> QueryAsync(string sql, RpcCallOptions options = default) => GetInfoAsync(new CommandStatementQuery { Query = sql }, options);

    /// <summary>Where the answer to any command is: the metadata commands of <c>OrleansFlow.Flight.Sql.Protos</c>.</summary>
    public Task<FlightInfo> GetInfoAsync(IMessage command, RpcCallOptions options = default) => client.GetFlightInfoAsync(FlightSqlCommand.Describe(command), options);

    /// <summary>Runs a statement that changes tables.</summary>
    /// <returns>Rows changed; -1: the server does not know.</returns>
    public Task<long> UpdateAsync(string sql, RpcCallOptions options = default) =>
        PutCountAsync(new CommandStatementUpdate { Query = sql }, new ArrowSchema(), NoneAsync(), options);

    /// <summary>Uploads batches into a table. Each batch is disposed when it is written.</summary>
    /// <param name="table">The table.</param>
    /// <param name="schema">Schema of every batch.</param>
    /// <param name="batches">The rows.</param>
    /// <param name="ifExists">What to do when it exists: fail, append or replace.</param>
    /// <param name="options">Deadline, headers, token.</param>
    /// <returns>Rows taken.</returns>
    public Task<long> IngestAsync(
        string table,
        ArrowSchema schema,
        IAsyncEnumerable<RecordBatch> batches,
        CommandStatementIngest.Types.TableDefinitionOptions.Types.TableExistsOption ifExists,
        RpcCallOptions options = default) => PutCountAsync(
            new CommandStatementIngest
            {
                Table = table,
                TableDefinitionOptions = new CommandStatementIngest.Types.TableDefinitionOptions
                {
                    IfNotExist = CommandStatementIngest.Types.TableDefinitionOptions.Types.TableNotExistOption.Create,
                    IfExists = ifExists,
                },
            },
            schema,
            batches,
            options);

    /// <summary>Prepares a statement. Dispose it: the server keeps it until then.</summary>
    public async Task<FlightSqlStatement> PrepareAsync(string sql, RpcCallOptions options = default)
    {
        var body = FlightSqlCommand.Pack(new ActionCreatePreparedStatementRequest { Query = sql });
        ActionCreatePreparedStatementResult? result = null;
        await foreach (var bytes in client.DoActionAsync(new FlightAction(FlightSqlActions.CreatePreparedStatement, body), options).ConfigureAwait(false))
        {
            result ??= FlightSqlCommand.Unpack<ActionCreatePreparedStatementResult>(bytes);
        }

        return new FlightSqlStatement(
            this, result ?? throw new RpcException(RpcStatusCode.Internal, "The server answered the preparation of a statement with nothing."));
    }

    internal async Task<long> PutCountAsync(IMessage command, ArrowSchema schema, IAsyncEnumerable<RecordBatch> batches, RpcCallOptions options)
    {
        var count = -1L;
        await foreach (var bytes in client.DoPutAsync(FlightSqlCommand.Describe(command), schema, batches, options).ConfigureAwait(false))
        {
            count = DoPutUpdateResult.Parser.ParseFrom(bytes.Span).RecordCount;
        }

        return count;
    }

    internal static async IAsyncEnumerable<RecordBatch> NoneAsync()
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }

    internal static async IAsyncEnumerable<RecordBatch> OneAsync(RecordBatch batch)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return batch.Retain();
    }
}
