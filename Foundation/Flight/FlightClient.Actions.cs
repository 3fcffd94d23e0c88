using Google.Protobuf;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <content>Handshake, polling, and the actions that the protocol defines.</content>
public sealed partial class FlightClient
{
    /// <summary>Authenticates by an exchange of one message; most servers want headers instead.</summary>
    /// <param name="payload">What it means is the server's affair.</param>
    /// <param name="options">Its headers may hold the credentials, as <c>authorization: Basic ...</c>.</param>
    /// <returns>The server's answer, and the value of the header <c>authorization</c> to send from now on; null where the server sent none.</returns>
    public async Task<(ReadOnlyMemory<byte> Payload, string? Authorization)> HandshakeAsync(
        ReadOnlyMemory<byte> payload = default, RpcCallOptions options = default)
    {
        var call = _channel.Duplex(FlightMethods.Handshake, options);
        await using var _ = call.ConfigureAwait(false);
        await call.WriteAsync(new Protos.HandshakeRequest { Payload = UnsafeByteOperations.UnsafeWrap(payload) }, options.CancellationToken).ConfigureAwait(false);
        await call.CompleteAsync().ConfigureAwait(false);
        var answer = ReadOnlyMemory<byte>.Empty;
        await foreach (var response in call.ReadAllAsync(options.CancellationToken).ConfigureAwait(false))
        {
            answer = response.Payload.Memory;
        }

        var headers = await call.GetHeadersAsync(options.CancellationToken).ConfigureAwait(false);
        return (answer, headers.GetValue("authorization"));
    }

    /// <summary>Starts a long-running flight, or asks how far it is.</summary>
    public async Task<FlightPoll> PollFlightInfoAsync(FlightDescriptor descriptor, RpcCallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return FlightPoll.FromWire(await _channel.UnaryAsync(FlightMethods.PollFlightInfo, descriptor.ToWire(), options).ConfigureAwait(false));
    }

    /// <summary>Stops what a flight stands for. Repeating it is harmless.</summary>
    public async Task<FlightCancelStatus> CancelFlightInfoAsync(FlightInfo info, RpcCallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(info);
        var body = new Protos.CancelFlightInfoRequest { Info = info.ToWire() }.ToByteArray();
        var result = await SingleAsync(FlightSqlActions.CancelFlightInfo, body, options).ConfigureAwait(false);
        return (FlightCancelStatus)Protos.CancelFlightInfoResult.Parser.ParseFrom(result.Span).Status;
    }

    /// <summary>Asks for an endpoint that lasts longer.</summary>
    public async Task<FlightEndpoint> RenewFlightEndpointAsync(FlightEndpoint endpoint, RpcCallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var body = new Protos.RenewFlightEndpointRequest { Endpoint = endpoint.ToWire() }.ToByteArray();
        var result = await SingleAsync(FlightSqlActions.RenewFlightEndpoint, body, options).ConfigureAwait(false);
        return FlightEndpoint.FromWire(Protos.FlightEndpoint.Parser.ParseFrom(result.Span));
    }

    private async Task<ReadOnlyMemory<byte>> SingleAsync(string action, ReadOnlyMemory<byte> body, RpcCallOptions options)
    {
        ReadOnlyMemory<byte>? found = null;
        await foreach (var result in DoActionAsync(new FlightAction(action, body), options).ConfigureAwait(false))
        {
            found ??= result;
        }

        return found ?? throw new RpcException(RpcStatusCode.Internal, $"The server answered the action {action} with nothing.");
    }
}
