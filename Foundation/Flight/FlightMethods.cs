using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <summary>The methods of the protocol. Those with data carry their options' memory and limits.</summary>
internal sealed class FlightMethods
{
    public const string Service = "arrow.flight.protocol.FlightService";

    public static readonly RpcMethod<Protos.Criteria, Protos.FlightInfo> ListFlights =
        RpcMethod.Protobuf<Protos.Criteria, Protos.FlightInfo>(RpcMethodKind.ServerStreaming, Service, "ListFlights");

    public static readonly RpcMethod<Protos.FlightDescriptor, Protos.FlightInfo> GetFlightInfo =
        RpcMethod.Protobuf<Protos.FlightDescriptor, Protos.FlightInfo>(RpcMethodKind.Unary, Service, "GetFlightInfo");

    public static readonly RpcMethod<Protos.HandshakeRequest, Protos.HandshakeResponse> Handshake =
        RpcMethod.Protobuf<Protos.HandshakeRequest, Protos.HandshakeResponse>(RpcMethodKind.Duplex, Service, "Handshake");

    public static readonly RpcMethod<Protos.FlightDescriptor, Protos.PollInfo> PollFlightInfo =
        RpcMethod.Protobuf<Protos.FlightDescriptor, Protos.PollInfo>(RpcMethodKind.Unary, Service, "PollFlightInfo");

    public static readonly RpcMethod<Protos.FlightDescriptor, Protos.SchemaResult> GetSchema =
        RpcMethod.Protobuf<Protos.FlightDescriptor, Protos.SchemaResult>(RpcMethodKind.Unary, Service, "GetSchema");

    public static readonly RpcMethod<Protos.Action, Protos.Result> DoAction =
        RpcMethod.Protobuf<Protos.Action, Protos.Result>(RpcMethodKind.ServerStreaming, Service, "DoAction");

    public static readonly RpcMethod<Protos.Empty, Protos.ActionType> ListActions =
        RpcMethod.Protobuf<Protos.Empty, Protos.ActionType>(RpcMethodKind.ServerStreaming, Service, "ListActions");

    public FlightMethods(FlightOptions options)
    {
        options.Validate();
        var data = new FlightDataMarshaller(options);

        // The other sides of these three are Protocol Buffers messages; borrowing their marshallers keeps one description.
        var ticket = RpcMethod.Protobuf<Protos.Ticket, Protos.PutResult>(RpcMethodKind.Unary, Service, "DoGet");
        DoGet = new(RpcMethodKind.ServerStreaming, Service, "DoGet", ticket.RequestMarshaller, data);
        DoPut = new(RpcMethodKind.Duplex, Service, "DoPut", data, ticket.ResponseMarshaller);
        DoExchange = new(RpcMethodKind.Duplex, Service, "DoExchange", data, data);
    }

    public RpcMethod<Protos.Ticket, FlightData> DoGet { get; }

    public RpcMethod<FlightData, Protos.PutResult> DoPut { get; }

    public RpcMethod<FlightData, FlightData> DoExchange { get; }
}
