using System.Runtime.CompilerServices;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <summary>Makes the service of the Flight protocol out of a producer.</summary>
public static class FlightRpc
{
    /// <summary>Defines the service, for whatever server carries it.</summary>
    /// <param name="producer">What the server offers.</param>
    /// <param name="options">Memory and limits; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static RpcServiceDefinition Define(IFlightProducer producer, FlightOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(producer);
        options ??= new FlightOptions();
        var methods = new FlightMethods(options);
        return new RpcServiceDefinition(FlightMethods.Service)
            .DescribedBy(Protos.FlightReflection.Descriptor)
            .Duplex(FlightMethods.Handshake, (messages, responses, context) => HandshakeAsync(producer, messages, responses, context))
            .ServerStreaming(FlightMethods.ListFlights, (criteria, context) => ListFlightsAsync(producer, criteria, context))
            .Unary(FlightMethods.GetFlightInfo, async (descriptor, context) =>
            {
                var info = await producer.GetFlightInfoAsync(FlightDescriptor.FromWire(descriptor), context).ConfigureAwait(false);
                return info.ToWire();
            })
            .Unary(FlightMethods.PollFlightInfo, async (descriptor, context) =>
            {
                var poll = await producer.PollFlightInfoAsync(FlightDescriptor.FromWire(descriptor), context).ConfigureAwait(false);
                return poll.ToWire();
            })
            .Unary(FlightMethods.GetSchema, async (descriptor, context) =>
            {
                var schema = await producer.GetSchemaAsync(FlightDescriptor.FromWire(descriptor), context).ConfigureAwait(false);
                return new Protos.SchemaResult { Schema = UnsafeByteOperations.UnsafeWrap(FlightIpc.WriteSchema(schema)) };
            })
            .ServerStreaming(methods.DoGet, (ticket, context) => DoGetAsync(producer, ticket, context))
            .Duplex(methods.DoPut, (messages, context) => DoPutAsync(producer, options, messages, context))
            .Duplex(methods.DoExchange, (messages, context) => DoExchangeAsync(producer, options, messages, context))
            .ServerStreaming(FlightMethods.DoAction, (action, context) => DoActionAsync(producer, action, context))
            .ServerStreaming(FlightMethods.ListActions, (_, context) => ListActionsAsync(producer, context));
    }

    private static async Task HandshakeAsync(
        IFlightProducer producer, IAsyncEnumerable<Protos.HandshakeRequest> messages, RpcResponseWriter<Protos.HandshakeResponse> responses, RpcServerContext context)
    {
        // One message decides; some clients send none and mean an empty one.
        Protos.HandshakeRequest? first = null;
        await foreach (var message in messages.WithCancellation(context.CancellationToken).ConfigureAwait(false))
        {
            first = message;
            break;
        }

        var answer = await producer.HandshakeAsync(first?.Payload.Memory ?? default, context).ConfigureAwait(false);
        await responses.WriteAsync(new Protos.HandshakeResponse { Payload = UnsafeByteOperations.UnsafeWrap(answer) }).ConfigureAwait(false);
    }

    private static async IAsyncEnumerable<Protos.FlightInfo> ListFlightsAsync(
        IFlightProducer producer, Protos.Criteria criteria, RpcServerContext context)
    {
        var flights = producer.ListFlightsAsync(criteria.Expression.Memory, context);
        await foreach (var info in flights.WithCancellation(context.CancellationToken).ConfigureAwait(false))
        {
            yield return info.ToWire();
        }
    }

    private static async IAsyncEnumerable<FlightData> DoGetAsync(
        IFlightProducer producer, Protos.Ticket ticket, RpcServerContext context)
    {
        var stream = await producer.DoGetAsync(new FlightTicket(ticket.Ticket_.Memory), context).ConfigureAwait(false);
        await foreach (var message in WriteAsync(stream, context.CancellationToken).ConfigureAwait(false))
        {
            yield return message;
        }
    }

    private static async IAsyncEnumerable<Protos.PutResult> DoPutAsync(
        IFlightProducer producer, FlightOptions options, IAsyncEnumerable<FlightData> messages, RpcServerContext context)
    {
        var input = new FlightInput(messages, options, RpcStatusCode.InvalidArgument, context.CancellationToken);
        await using var _ = input.ConfigureAwait(false);
        await input.ReadFirstAsync(schemaRequired: false, context.CancellationToken).ConfigureAwait(false);
        if (input.Schema is null && !input.Descriptor.IsCommand)
        {
            await input.ReadFirstAsync(schemaRequired: true, context.CancellationToken).ConfigureAwait(false);
        }

        // Some clients send a command without any data, and then without a schema.
        var results = producer.DoPutAsync(input.Descriptor, input.Schema ?? new ArrowSchema(), input.ReadAllAsync(), context);
        await foreach (var result in results.WithCancellation(context.CancellationToken).ConfigureAwait(false))
        {
            yield return new Protos.PutResult { AppMetadata = UnsafeByteOperations.UnsafeWrap(result) };
        }
    }

    private static async IAsyncEnumerable<FlightData> DoExchangeAsync(
        IFlightProducer producer, FlightOptions options, IAsyncEnumerable<FlightData> messages, RpcServerContext context)
    {
        var input = new FlightInput(messages, options, RpcStatusCode.InvalidArgument, context.CancellationToken);
        await using var _ = input.ConfigureAwait(false);
        await input.ReadFirstAsync(schemaRequired: false, context.CancellationToken).ConfigureAwait(false);
        var stream = await producer.DoExchangeAsync(input.Descriptor, input.Schema, input.ReadAllAsync(), context)
            .ConfigureAwait(false);
        await foreach (var message in WriteAsync(stream, context.CancellationToken).ConfigureAwait(false))
        {
            yield return message;
        }
    }

    private static async IAsyncEnumerable<Protos.Result> DoActionAsync(
        IFlightProducer producer, Protos.Action action, RpcServerContext context)
    {
        var results = producer.DoActionAsync(new FlightAction(action.Type, action.Body.Memory), context);
        await foreach (var result in results.WithCancellation(context.CancellationToken).ConfigureAwait(false))
        {
            yield return new Protos.Result { Body = UnsafeByteOperations.UnsafeWrap(result) };
        }
    }

    private static async IAsyncEnumerable<Protos.ActionType> ListActionsAsync(IFlightProducer producer, RpcServerContext context)
    {
        var types = producer.ListActionsAsync(context);
        await foreach (var type in types.WithCancellation(context.CancellationToken).ConfigureAwait(false))
        {
            yield return new Protos.ActionType { Type = type.Type, Description = type.Description };
        }
    }

    private static async IAsyncEnumerable<FlightData> WriteAsync(
        FlightStream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var owner = stream.ConfigureAwait(false);
        using var output = new FlightOutput(stream.Schema, stream.WriteOptions);
        yield return output.WriteSchema(descriptor: null);
        await foreach (var element in stream.Batches.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            // The transport comes back for the next message only when this one is on the connection: then the batch may go.
            using var batch = element.Batch;
            foreach (var message in output.Write(element))
            {
                yield return message;
            }
        }
    }
}
