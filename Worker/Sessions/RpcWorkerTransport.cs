using System.Net.Security;
using System.Runtime.CompilerServices;
using OrleansFlow.Errors;
using OrleansFlow.Hosting;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Worker.Sessions;

/// <summary>Sessions over gRPC: the bidirectional stream <c>orleansflow.worker.v1.WorkerSessions/Session</c>.</summary>
/// <param name="findGateway">
/// Says where the gateway is. Asked at each connect, because a silo that starts again may listen on another port.
/// </param>
/// <param name="clock">Clock of the calls.</param>
/// <param name="tls">Whom it trusts and what it presents; null: the system's ways.</param>
public sealed class RpcWorkerTransport(Func<GatewayEndpoint> findGateway, TimeProvider clock, SslClientAuthenticationOptions? tls = null) : IWorkerTransport, IAsyncDisposable
{
    /// <summary>The one method of the worker protocol.</summary>
    public static readonly RpcMethod<WorkerMessage, SiloMessage> SessionMethod =
        RpcMethod.Protobuf<WorkerMessage, SiloMessage>(RpcMethodKind.Duplex, "orleansflow.worker.v1.WorkerSessions", "Session");

    private GatewayEndpoint? _endpoint;
    private RpcChannel? _channel;

    /// <inheritdoc/>
    public string Address => _endpoint is { } endpoint ? $"{endpoint.GrpcUrl} (from {endpoint.Source})" : "the gateway";

    /// <inheritdoc/>
    public async ValueTask<IWorkerConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var endpoint = findGateway();
        if (_channel is null || endpoint != _endpoint)
        {
            await DisposeAsync();
            _endpoint = endpoint;
            var token = endpoint.Token;
            _channel = RpcChannel.ForAddress(
                endpoint.GrpcUrl,
                new RpcChannelOptions { TimeProvider = clock, Tls = tls, BearerToken = token is null ? null : _ => ValueTask.FromResult<string?>(token) });
        }

        var call = _channel.Duplex(SessionMethod, new RpcCallOptions(CancellationToken: CancellationToken.None));
        return new Connection(call, this);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_channel is { } channel)
        {
            _channel = null;
            await channel.DisposeAsync();
        }
    }

    private FlowException Explain(RpcException exception)
    {
        if (RpcStatusDetails.TryGetErrorInfo(exception.Status, out var info) && info.Domain == FlowErrorKind.Domain)
        {
            return new FlowException(FlowErrorKind.OfWire(info.Reason).Code, exception.Status.Message, exception);
        }

        var code = exception.Code switch
        {
            RpcStatusCode.Unauthenticated or RpcStatusCode.PermissionDenied => FlowErrorCode.Unauthenticated,
            RpcStatusCode.Unimplemented => FlowErrorCode.Unsupported,
            _ => FlowErrorCode.GatewayUnreachable,
        };
        return new FlowException(code, $"The session with the gateway at {Address} ended: {exception.Status}.", exception);
    }

    private sealed class Connection(RpcDuplexCall<WorkerMessage, SiloMessage> call, RpcWorkerTransport transport) : IWorkerConnection
    {
        public async ValueTask SendAsync(WorkerMessage message, CancellationToken cancellationToken)
        {
            try
            {
                await call.WriteAsync(message, cancellationToken);
            }
            catch (RpcException exception)
            {
                throw transport.Explain(exception);
            }
        }

        public ValueTask CompleteAsync() => call.CompleteAsync();

        public async IAsyncEnumerable<SiloMessage> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await using var messages = call.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    if (!await messages.MoveNextAsync())
                    {
                        yield break;
                    }
                }
                catch (RpcException exception)
                {
                    throw transport.Explain(exception);
                }

                yield return messages.Current;
            }
        }

        public ValueTask DisposeAsync() => call.DisposeAsync();
    }
}
