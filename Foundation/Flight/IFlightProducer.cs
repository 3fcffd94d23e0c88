using OrleansFlow.Arrow;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <summary>
/// What a Flight server offers. Implement what there is; everything else answers UNIMPLEMENTED. A thing that does not
/// exist is an <see cref="RpcException"/> with <see cref="RpcStatusCode.NotFound"/>, a ticket that cannot be read one with
/// <see cref="RpcStatusCode.InvalidArgument"/>. Methods run concurrently.
/// </summary>
public interface IFlightProducer
{
    /// <summary>Authenticates a caller that sends a message for it. The server's interceptors have let the call in already.</summary>
    /// <param name="payload">The caller's message; what it means is the server's affair.</param>
    /// <param name="context">The call; its response headers may carry an <c>authorization</c> for the calls to come.</param>
    /// <returns>The answer.</returns>
    Task<ReadOnlyMemory<byte>> HandshakeAsync(ReadOnlyMemory<byte> payload, RpcServerContext context) => throw NotOffered(context);

    /// <summary>Starts a long-running flight or says how far it is. Without an implementation every flight is complete at once.</summary>
    /// <param name="descriptor">The flight, or what the last poll named.</param>
    /// <param name="context">The call.</param>
    async Task<FlightPoll> PollFlightInfoAsync(FlightDescriptor descriptor, RpcServerContext context) =>
        new(await GetFlightInfoAsync(descriptor, context).ConfigureAwait(false), Progress: 1);

    /// <summary>The flights that the criteria select.</summary>
    /// <param name="criteria">What it means is the server's affair; empty selects everything.</param>
    /// <param name="context">The call.</param>
    IAsyncEnumerable<FlightInfo> ListFlightsAsync(ReadOnlyMemory<byte> criteria, RpcServerContext context) =>
        throw NotOffered(context);

    /// <summary>Where and how to get a flight's data.</summary>
    Task<FlightInfo> GetFlightInfoAsync(FlightDescriptor descriptor, RpcServerContext context) => throw NotOffered(context);

    /// <summary>The schema of a flight. Without an implementation it is that of <see cref="GetFlightInfoAsync"/>.</summary>
    async Task<ArrowSchema> GetSchemaAsync(FlightDescriptor descriptor, RpcServerContext context)
    {
        var info = await GetFlightInfoAsync(descriptor, context).ConfigureAwait(false);
        return info.Schema
            ?? throw new RpcException(RpcStatusCode.FailedPrecondition, $"The schema of flight '{descriptor}' is not known yet.");
    }

    /// <summary>The data behind a ticket.</summary>
    Task<FlightStream> DoGetAsync(FlightTicket ticket, RpcServerContext context) => throw NotOffered(context);

    /// <summary>Takes data.</summary>
    /// <param name="descriptor">Which flight it is for.</param>
    /// <param name="schema">The schema of every batch; without columns where the caller sent a command and no data.</param>
    /// <param name="batches">Enumerated once, as fast as the data is wanted; each batch belongs to whoever enumerates.</param>
    /// <param name="context">The call.</param>
    /// <returns>Acknowledgements, bytes of the application; the call ends with their end.</returns>
    IAsyncEnumerable<ReadOnlyMemory<byte>> DoPutAsync(
        FlightDescriptor descriptor, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, RpcServerContext context) =>
        throw NotOffered(context);

    /// <summary>Takes data and answers with data.</summary>
    /// <param name="descriptor">Which flight it is about.</param>
    /// <param name="schema">The schema of every received batch; null when the peer sends none.</param>
    /// <param name="batches">As for <see cref="DoPutAsync"/>.</param>
    /// <param name="context">The call.</param>
    Task<FlightStream> DoExchangeAsync(
        FlightDescriptor descriptor, ArrowSchema? schema, IAsyncEnumerable<FlightBatch> batches, RpcServerContext context) =>
        throw NotOffered(context);

    /// <summary>Runs an action.</summary>
    /// <returns>Its results, bytes of the application.</returns>
    IAsyncEnumerable<ReadOnlyMemory<byte>> DoActionAsync(FlightAction action, RpcServerContext context) =>
        throw NotOffered(context);

    /// <summary>The actions that <see cref="DoActionAsync"/> knows.</summary>
    IAsyncEnumerable<FlightActionType> ListActionsAsync(RpcServerContext context) => throw NotOffered(context);

    private static RpcException NotOffered(RpcServerContext context) =>
        new(RpcStatusCode.Unimplemented, $"{context.Method} is not offered by this server.");
}
