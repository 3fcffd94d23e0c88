using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Silo.Gateway.Flight;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>The actions that Flight and Flight SQL define.</summary>
internal sealed class SqlActions(ISqlExecutor executor, PreparedStatements prepared, SqlTickets tickets, FlightTickets plainTickets, RunningQueries running)
{
    /// <summary>What there is, for listings.</summary>
    public static IReadOnlyList<FlightActionType> Types { get; } =
    [
        new(FlightSqlActions.CreatePreparedStatement, "Prepares a statement. Body: ActionCreatePreparedStatementRequest. Result: ActionCreatePreparedStatementResult."),
        new(FlightSqlActions.ClosePreparedStatement, "Ends a prepared statement. Body: ActionClosePreparedStatementRequest. No result."),
        new(FlightSqlActions.CancelFlightInfo, "Stops a query. Body: CancelFlightInfoRequest. Result: CancelFlightInfoResult."),
        new(FlightSqlActions.RenewFlightEndpoint, "Gives a ticket that lasts longer. Body: RenewFlightEndpointRequest. Result: FlightEndpoint."),
    ];

    /// <summary>Runs an action.</summary>
    /// <returns>Its result, null for none; false when it is no action of these protocols.</returns>
    public async Task<(bool Known, ReadOnlyMemory<byte>? Result)> TryRunAsync(FlightAction action, CancellationToken cancellationToken)
    {
        switch (action.Type)
        {
            case FlightSqlActions.CreatePreparedStatement:
                return (true, await PrepareAsync(FlightSqlCommand.Unpack<ActionCreatePreparedStatementRequest>(action.Body), cancellationToken));
            case FlightSqlActions.ClosePreparedStatement:
                prepared.Remove(FlightSqlCommand.Unpack<ActionClosePreparedStatementRequest>(action.Body).PreparedStatementHandle.ToStringUtf8());
                return (true, null);
            case FlightSqlActions.CancelFlightInfo:
                return (true, FlightWire.WriteCancelStatus(Cancel(FlightWire.ReadCancelFlightInfo(action.Body))));
            case FlightSqlActions.RenewFlightEndpoint:
                return (true, FlightWire.WriteEndpoint(Renew(FlightWire.ReadRenewFlightEndpoint(action.Body))));
            case FlightSqlActions.BeginTransaction or FlightSqlActions.EndTransaction or FlightSqlActions.BeginSavepoint or FlightSqlActions.EndSavepoint:
                throw SqlFlights.NoTransactions();
            case FlightSqlActions.CreatePreparedSubstraitPlan or FlightSqlActions.CancelQuery:
                throw new FlowException(FlowErrorCode.Unsupported, $"The action {action.Type} is not offered here; send SQL, and cancel with {FlightSqlActions.CancelFlightInfo}.");
            default:
                return (false, null);
        }
    }

    private async Task<ReadOnlyMemory<byte>> PrepareAsync(ActionCreatePreparedStatementRequest request, CancellationToken cancellationToken)
    {
        var text = SqlFlights.Text(request.Query, request.HasTransactionId);
        var shape = await executor.DescribeAsync(text, cancellationToken);
        var result = new ActionCreatePreparedStatementResult
        {
            PreparedStatementHandle = ByteString.CopyFromUtf8(prepared.Add(new PreparedQuery(text, shape, []))),

            // Some clients cannot read a schema without fields; nothing at all means the same to all.
            ParameterSchema = shape.Parameters.Fields.Count == 0 ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(FlightWire.WriteSchema(shape.Parameters)),
        };
        if (shape.Result is { } columns)
        {
            result.DatasetSchema = UnsafeByteOperations.UnsafeWrap(FlightWire.WriteSchema(columns));
        }

        return FlightSqlCommand.Pack(result);
    }

    private FlightCancelStatus Cancel(FlightInfo info)
    {
        var status = FlightCancelStatus.NotCancellable;
        foreach (var ticket in info.Endpoints.Select(endpoint => tickets.TryRedeem(endpoint.Ticket)).OfType<SqlTicket>())
        {
            running.Cancel(ticket.Id);
            status = FlightCancelStatus.Cancelled;
        }

        return status;
    }

    private FlightEndpoint Renew(FlightEndpoint endpoint) => tickets.TryRedeem(endpoint.Ticket) is { } ticket
        ? tickets.Endpoint(ticket)
        : plainTickets.Renew(endpoint);
}
