using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Silo.Security;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>
/// What the gateway offers over Arrow Flight: outputs of runs (path [RUN, NODE]), uploads (path ["uploads", NAME]), live streams (path
/// ["streams", NAME]), Flight SQL (commands), and the actions <c>cancel-run</c>, <c>drop-stream</c> and <c>health</c>.
/// </summary>
internal sealed class GatewayFlightProducer(
    RunFlights runs,
    UploadFlights uploads,
    UploadStore store,
    FlightTickets tickets,
    RunCalls runCalls,
    GatewayHealth health,
    SqlFlights sql,
    SqlUploads sqlUploads,
    SqlActions sqlActions,
    SqlTickets sqlTickets,
    SqlExchange exchange,
    QueryServices queries,
    KeptResults kept,
    StreamFlights streams,
    StreamLogs streamLogs,
    SessionTokens sessions) : IFlightProducer
{
    private const string CancelRun = "cancel-run";
    private const string HealthAction = "health";
    private const string DropStream = "drop-stream";

    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true).WithFormatDefaultValues(true));

    public Task<ReadOnlyMemory<byte>> HandshakeAsync(ReadOnlyMemory<byte> payload, RpcServerContext context)
    {
        // Whoever got here may call; the token says so again. Some clients take it from the header, some from the answer.
        var token = sessions.Make(context);
        context.ResponseHeaders.Add("authorization", "Bearer " + token);
        return Task.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes(token));
    }

    public async IAsyncEnumerable<FlightInfo> ListFlightsAsync(ReadOnlyMemory<byte> criteria, RpcServerContext context)
    {
        // Criteria: nothing, a run's id, "uploads", or "streams".
        var only = Encoding.UTF8.GetString(criteria.Span);
        if (only is not (FlightPaths.Uploads or FlightPaths.Streams))
        {
            await foreach (var info in runs.ListAsync(only.Length == 0 ? default : ControlMapping.ToRunId(only), context.Peer, context.CancellationToken))
            {
                yield return info;
            }
        }

        if (only.Length == 0 || only == FlightPaths.Uploads)
        {
            foreach (var info in uploads.List())
            {
                yield return info;
            }
        }

        if (only.Length == 0 || only == FlightPaths.Streams)
        {
            await foreach (var info in streams.ListAsync(context.CancellationToken))
            {
                yield return info;
            }
        }
    }

    public async Task<FlightInfo> GetFlightInfoAsync(FlightDescriptor descriptor, RpcServerContext context) =>
        StreamForm.Read(context.RequestHeaders).Apply(await DescribeAsync(descriptor, context));

    public async Task<ArrowSchema> GetSchemaAsync(FlightDescriptor descriptor, RpcServerContext context)
    {
        if (Command(descriptor) is { } command)
        {
            return StreamForm.Read(context.RequestHeaders).Apply(await sql.GetSchemaAsync(command, context.CancellationToken));
        }

        var info = await GetFlightInfoAsync(descriptor, context);
        return info.Schema
            ?? throw new FlowException(FlowErrorCode.NotFound, $"Flight '{descriptor}' completed without any batch, so it has no schema.");
    }

    public async Task<FlightStream> DoGetAsync(FlightTicket ticket, RpcServerContext context)
    {
        // Before anything is opened: what it refuses must leave nothing behind.
        var form = StreamForm.Read(context.RequestHeaders);
        return form.Apply(await OpenAsync(ticket, context));
    }

    public async Task<FlightStream> DoExchangeAsync(
        FlightDescriptor descriptor, ArrowSchema? schema, IAsyncEnumerable<FlightBatch> batches, RpcServerContext context)
    {
        var form = StreamForm.Read(context.RequestHeaders);

        // Some clients wait for the headers before they send.
        await context.SendResponseHeadersAsync();
        return form.Apply(await exchange.OpenAsync(descriptor, schema, batches, queries.CallerOf(context), context.CancellationToken));
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> DoPutAsync(
        FlightDescriptor descriptor, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, RpcServerContext context)
    {
        if (Command(descriptor) is { } command)
        {
            yield return await sqlUploads.PutAsync(command, schema, batches, context.CancellationToken);
            yield break;
        }

        var path = FlightPaths.Parse(descriptor);
        if (path.IsStream)
        {
            await foreach (var appended in streams.PutAsync(path, schema, batches, context.CancellationToken))
            {
                yield return appended;
            }

            yield break;
        }

        if (!path.IsUpload)
        {
            throw new FlowException(
                FlowErrorCode.BadInput,
                $"Flight '{descriptor}' is the output of a run and cannot be written. Upload to the path [\"{FlightPaths.Uploads}\", NAME] or append to [\"{FlightPaths.Streams}\", NAME].");
        }

        var receipt = await store.StoreAsync(path.Name, schema, batches, context.CancellationToken);
        yield return JsonSerializer.SerializeToUtf8Bytes(receipt, FlightJson.Default.UploadReceipt);
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> DoActionAsync(FlightAction action, RpcServerContext context)
    {
        switch (action.Type)
        {
            case CancelRun:
                var (run, reason) = ReadCancelRun(action);
                var view = await runCalls.CancelAsync(run, reason, context.CancellationToken);
                yield return Encoding.UTF8.GetBytes(Json.Format((view with { Nodes = [] }).ToWire()));
                break;
            case DropStream:
                await streamLogs.DropAsync(ReadBody(action, FlightJson.Default.DropStreamBody, "{\"name\": TEXT}").Name ?? "", context.CancellationToken);
                break;
            case HealthAction:
                yield return Encoding.UTF8.GetBytes(Json.Format(await health.CheckAsync(context.CancellationToken)));
                break;
            case QueryServices.List or QueryServices.Watch or QueryServices.Cancel:
                await foreach (var answer in queries.TryRunAsync(action, queries.CallerOf(context), context.CancellationToken)!)
                {
                    yield return answer;
                }

                break;
            default:
                var (known, result) = await sqlActions.TryRunAsync(action, context.CancellationToken);
                if (!known)
                {
                    throw new FlowException(FlowErrorCode.Unsupported, $"There is no action '{action.Type}'; ListActions names those there are.");
                }

                if (result is { } bytes)
                {
                    yield return bytes;
                }

                break;
        }
    }

    public async IAsyncEnumerable<FlightActionType> ListActionsAsync(RpcServerContext context)
    {
        await Task.CompletedTask;
        yield return new FlightActionType(CancelRun, "Cancels a run. Body: JSON {\"run_id\": TEXT, \"reason\": TEXT}. Result: the run as JSON.");
        yield return new FlightActionType(DropStream, "Ends a live stream; its rows go. Body: JSON {\"name\": TEXT}. No result.");
        yield return new FlightActionType(HealthAction, "Checks the gateway and what it depends on. No body. Result: JSON.");
        foreach (var type in SqlActions.Types.Concat(QueryServices.Types))
        {
            yield return type;
        }
    }

    private async Task<FlightInfo> DescribeAsync(FlightDescriptor descriptor, RpcServerContext context)
    {
        if (Command(descriptor) is { } command)
        {
            return await sql.GetInfoAsync(command, descriptor, context.CancellationToken);
        }

        var path = FlightPaths.Parse(descriptor);
        return path.IsUpload ? uploads.GetInfo(path)
            : path.IsQuery ? kept.GetInfo(path, queries.CallerOf(context))
            : path.IsStream ? await streams.GetInfoAsync(path, context.CancellationToken)
            : await runs.GetInfoAsync(path, context.Peer, context.CancellationToken);
    }

    private async Task<FlightStream> OpenAsync(FlightTicket ticket, RpcServerContext context)
    {
        if (sqlTickets.TryRedeem(ticket) is { } statement)
        {
            return await sql.OpenAsync(statement, queries.CallerOf(context), context.CancellationToken);
        }

        var subject = tickets.Redeem(ticket);
        if (FlightPaths.IsPartOfNode(subject))
        {
            return await runs.OpenPartAsync(subject, ticket, context.CancellationToken);
        }

        var path = FlightPaths.Parse(subject);
        return path.IsUpload ? uploads.Open(path)
            : path.IsQuery ? kept.Open(path)
            : path.IsStream ? await streams.OpenAsync(path, context.CancellationToken)
            : await runs.OpenAsync(path, context.CancellationToken);
    }

    /// <summary>The command of Flight SQL in a descriptor; null for a path.</summary>
    private static IMessage? Command(FlightDescriptor descriptor) => descriptor.IsCommand
        ? FlightSqlCommand.TryUnpack(descriptor.Command)
            ?? throw new FlowException(
                FlowErrorCode.BadInput, $"The {descriptor} is none of Flight SQL: put a google.protobuf.Any with a message of arrow.flight.protocol.sql into it, or send a PATH.")
        : null;

    private static (RunId Run, string Reason) ReadCancelRun(FlightAction action)
    {
        var request = ReadBody(action, FlightJson.Default.CancelRunBody, "{\"run_id\": TEXT, \"reason\": TEXT}");
        return (ControlMapping.ToRunId(request.RunId ?? ""), request.Reason ?? "");
    }

    private static T ReadBody<T>(FlightAction action, JsonTypeInfo<T> type, string form)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(action.Body.Span, type) ?? throw new JsonException("it is null");
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The body of {action.Type} is not JSON {form}: {exception.Message}", exception);
        }
    }
}
