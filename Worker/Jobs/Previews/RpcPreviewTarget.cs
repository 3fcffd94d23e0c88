using System.Net.Security;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Hosting;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Worker.Jobs.Previews;

/// <summary>Live streams of the gateway by Flight <c>DoPut</c>.</summary>
/// <param name="findGateway">Says where the gateway is; asked for each stream.</param>
/// <param name="tls">Whom it trusts and what it presents; null: the system's ways.</param>
/// <param name="clock">Clock of the calls.</param>
internal sealed class RpcPreviewTarget(Func<GatewayEndpoint> findGateway, Func<SslClientAuthenticationOptions?> tls, TimeProvider clock) : IPreviewTarget
{
    private const string StreamsPath = "streams";

    /// <summary>The gateway of a worker.</summary>
    public static RpcPreviewTarget Of(WorkerOptions options, TimeProvider clock) => new(
        () => GatewayEndpoint.Find(options.Gateway, options.Token, options.DataFolder),
        () => GatewayTls.Load(options.TlsAuthorityPath, options.TlsCertificatePath, options.TlsCertificatePassword),
        clock);

    public async Task AppendAsync(string stream, ArrowSchema schema, IAsyncEnumerable<RecordBatch> batches, CancellationToken cancellationToken)
    {
        var endpoint = findGateway();
        var token = endpoint.Token;
        await using var channel = RpcChannel.ForAddress(
            endpoint.GrpcUrl,
            new RpcChannelOptions { TimeProvider = clock, Tls = tls(), BearerToken = token is null ? null : _ => ValueTask.FromResult<string?>(token) });
        await foreach (var _ in new FlightClient(channel).DoPutAsync(FlightDescriptor.ForPath(StreamsPath, stream), schema, batches, new RpcCallOptions(CancellationToken: cancellationToken)))
        {
            // Each says that a batch is kept.
        }
    }
}
