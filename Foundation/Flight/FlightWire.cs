using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <summary>Bytes that the protocol nests in bodies of actions: for servers that answer them.</summary>
public static class FlightWire
{
    /// <summary>A schema as an encapsulated IPC message.</summary>
    public static ReadOnlyMemory<byte> WriteSchema(ArrowSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return FlightIpc.WriteSchema(schema);
    }

    /// <summary>Reads what <see cref="WriteSchema"/> writes.</summary>
    /// <exception cref="RpcException">The bytes hold no schema.</exception>
    public static ArrowSchema ReadSchema(ReadOnlyMemory<byte> bytes) => FlightIpc.ReadSchema(bytes);

    /// <summary>The flight in the body of the action CancelFlightInfo.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: the body holds none.</exception>
    public static FlightInfo ReadCancelFlightInfo(ReadOnlyMemory<byte> body) =>
        Read(() => Protos.CancelFlightInfoRequest.Parser.ParseFrom(body.Span).Info, "CancelFlightInfo", wire => FlightInfo.FromWire(wire));

    /// <summary>The answer to the action CancelFlightInfo.</summary>
    public static ReadOnlyMemory<byte> WriteCancelStatus(FlightCancelStatus status) =>
        new Protos.CancelFlightInfoResult { Status = (Protos.CancelStatus)status }.ToByteArray();

    /// <summary>The endpoint in the body of the action RenewFlightEndpoint.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: the body holds none.</exception>
    public static FlightEndpoint ReadRenewFlightEndpoint(ReadOnlyMemory<byte> body) =>
        Read(() => Protos.RenewFlightEndpointRequest.Parser.ParseFrom(body.Span).Endpoint, "RenewFlightEndpoint", wire => FlightEndpoint.FromWire(wire));

    /// <summary>The answer to the action RenewFlightEndpoint.</summary>
    public static ReadOnlyMemory<byte> WriteEndpoint(FlightEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return endpoint.ToWire().ToByteArray();
    }

    private static TResult Read<TWire, TResult>(Func<TWire?> parse, string action, Func<TWire, TResult> convert)
        where TWire : class
    {
        try
        {
            return parse() is { } wire ? convert(wire) : throw new RpcException(RpcStatusCode.InvalidArgument, $"The body of {action} is empty.");
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new RpcException(new RpcStatus(RpcStatusCode.InvalidArgument, $"The body of {action} is not well-formed: {exception.Message}"), innerException: exception);
        }
    }
}
