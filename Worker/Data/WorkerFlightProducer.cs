using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Jobs.Edges;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Worker.Data;

/// <summary>
/// What a worker offers to clients, to the gateway and to its peers: batches of completed nodes, to whoever holds a ticket that the silo
/// signed. Nothing else lets a caller in, and nothing else is needed: the ticket is the right to what it names, until it expires. Tasks of queries
/// are served beside them, to whoever shows the query's token.
/// </summary>
/// <param name="keys">The cluster's.</param>
/// <param name="clock">Clock of tickets.</param>
/// <param name="queries">Tasks of queries; null: none are taken.</param>
internal sealed class WorkerFlightProducer(VerificationKeys keys, TimeProvider clock, QueryFlightProducer? queries = null) : IFlightProducer
{
    private volatile IArtifactStore? _artifacts;

    /// <summary>The folder of the artifacts and of the tables' files; null before the first registration.</summary>
    public string? ArtifactRoot { get; set; }

    /// <summary>Takes rows of streaming jobs; null where there are none.</summary>
    public JobEdgeServer? Jobs { get; set; }

    /// <summary>Where artifacts lie; null before the first registration.</summary>
    public IArtifactStore? Artifacts
    {
        get => _artifacts;
        set => _artifacts = value;
    }

    public async Task<FlightStream> DoGetAsync(FlightTicket ticket, RpcServerContext context)
    {
        if (queries is not null && QueryTickets.IsQuery(ticket))
        {
            return await queries.DoGetAsync(ticket, context);
        }

        // The same headers as at the gateway, so that it does not matter who answers.
        var form = StreamForm.Read(context.RequestHeaders);
        return form.Apply(await OpenAsync(ticket, context.CancellationToken));
    }

    public IAsyncEnumerable<ReadOnlyMemory<byte>> DoActionAsync(FlightAction action, RpcServerContext context) =>
        queries?.DoActionAsync(action, context) ?? throw NoQueries();

    public IAsyncEnumerable<FlightActionType> ListActionsAsync(RpcServerContext context) => queries?.ListActionsAsync(context) ?? throw NoQueries();

    /// <summary>Checks the ticket of an exchange before the stream is let in.</summary>
    public ValueTask AuthorizeAsync(ExchangeHello hello, CancellationToken cancellationToken)
    {
        try
        {
            if (Jobs is { } jobs && EdgeTicket.IsEdge(hello.Ticket))
            {
                jobs.Authorize(hello);
                return ValueTask.CompletedTask;
            }

            Redeem(hello.Ticket);
            return ValueTask.CompletedTask;
        }
        catch (FlowException exception)
        {
            throw DataErrors.ToRpc(exception);
        }
    }

    /// <summary>Serves an exchange: the same batches for the same ticket.</summary>
    public async Task ExchangeAsync(ExchangeCall call)
    {
        if (Jobs is { } jobs && EdgeTicket.IsEdge(call.Hello.Ticket))
        {
            await jobs.ServeAsync(call);
            return;
        }

        await using var stream = await OpenAsync(call.Hello.Ticket, call.CancellationToken);
        await call.Stream.WriteSchemaAsync(stream.Schema, call.CancellationToken);
        await foreach (var element in stream.Batches.WithCancellation(call.CancellationToken))
        {
            using var batch = element.Batch;
            if (batch is not null)
            {
                await call.Stream.WriteAsync(batch, element.AppMetadata, call.CancellationToken);
            }
        }
    }

    private static FlowException NoQueries() => new(
        FlowErrorCode.Unsupported, $"This worker takes no tasks of queries: {QueryWorkerOptions.SectionName}:{nameof(QueryWorkerOptions.Enabled)} is false.");

    private async Task<FlightStream> OpenAsync(FlightTicket ticket, CancellationToken cancellationToken)
    {
        var subject = Redeem(ticket);
        if (TableFlights.IsTable(subject) && ArtifactRoot is { } root)
        {
            return TableFlights.Open(root, subject);
        }

        if (StreamRows.IsStream(subject) && ArtifactRoot is { } streams)
        {
            return await StreamRows.OpenAsync(streams, subject, cancellationToken);
        }

        return ArtifactFlights.OpenSubject(
            Artifacts ?? throw new FlowException(FlowErrorCode.ArtifactLost, "This worker has not registered yet and serves nothing; ask the gateway."), subject);
    }

    private string Redeem(FlightTicket ticket) => SignedTextReader.Read(SignedTextReader.TicketKind, ticket.AsText(), keys.Verify, clock.GetUtcNow());
}
