using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Sql;

/// <summary>A statement that a server keeps prepared. One call at a time. Disposing tells the server, which is not waited for if it is gone.</summary>
public sealed class FlightSqlStatement : IAsyncDisposable
{
    private readonly FlightSqlClient _client;
    private ByteString _handle;

    internal FlightSqlStatement(FlightSqlClient client, ActionCreatePreparedStatementResult result)
    {
        _client = client;
        _handle = result.PreparedStatementHandle;
        ResultSchema = result.DatasetSchema.IsEmpty ? null : FlightIpc.ReadSchema(result.DatasetSchema.Memory);
        ParameterSchema = result.ParameterSchema.IsEmpty ? null : FlightIpc.ReadSchema(result.ParameterSchema.Memory);
    }

    /// <summary>Columns of its rows; null where the server does not know.</summary>
    public ArrowSchema? ResultSchema { get; }

    /// <summary>Its parameters; null where the server does not know.</summary>
    public ArrowSchema? ParameterSchema { get; }

    /// <summary>Binds one row of values, a column for each parameter.</summary>
    /// <param name="parameters">The values; stays the caller's.</param>
    /// <param name="options">Deadline, headers, token.</param>
    public async Task BindAsync(RecordBatch parameters, RpcCallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var command = FlightSqlCommand.Describe(new CommandPreparedStatementQuery { PreparedStatementHandle = _handle });
        await foreach (var bytes in _client.Flight.DoPutAsync(command, parameters.Schema, FlightSqlClient.OneAsync(parameters), options).ConfigureAwait(false))
        {
            var answer = DoPutPreparedStatementResult.Parser.ParseFrom(bytes.Span);
            _handle = answer.HasPreparedStatementHandle ? answer.PreparedStatementHandle : _handle;
        }
    }

    /// <summary>Where the rows for the bound values are.</summary>
    public Task<FlightInfo> QueryAsync(RpcCallOptions options = default) =>
        _client.GetInfoAsync(new CommandPreparedStatementQuery { PreparedStatementHandle = _handle }, options);

    /// <summary>Runs the statement once for each row of values.</summary>
    /// <param name="parameters">The values; null for a statement without parameters. Stays the caller's.</param>
    /// <param name="options">Deadline, headers, token.</param>
    /// <returns>Rows changed; -1: the server does not know.</returns>
    public Task<long> UpdateAsync(RecordBatch? parameters = null, RpcCallOptions options = default) => _client.PutCountAsync(
        new CommandPreparedStatementUpdate { PreparedStatementHandle = _handle },
        parameters?.Schema ?? new ArrowSchema(),
        parameters is null ? FlightSqlClient.NoneAsync() : FlightSqlClient.OneAsync(parameters),
        options);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var body = FlightSqlCommand.Pack(new ActionClosePreparedStatementRequest { PreparedStatementHandle = _handle });
        try
        {
            await foreach (var _ in _client.Flight.DoActionAsync(new FlightAction(FlightSqlActions.ClosePreparedStatement, body)).ConfigureAwait(false))
            {
                // There is no result.
            }
        }
        catch (RpcException)
        {
            // A server that is gone, or lets statements go by itself, has nothing left to close.
        }
    }
}
