using System.Collections.Concurrent;
using System.Net.Security;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Hosting;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Security;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>Calls over Flight, with one channel for each worker. Thread-safe.</summary>
internal sealed class QueryCalls(SignedText signed, IOptions<DistributedQueryOptions> options, TimeProvider clock) : IQueryCalls, IAsyncDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly SslClientAuthenticationOptions? _tls = GatewayTls.Load(options.Value.TlsAuthorityPath, null, null);
    private readonly ConcurrentDictionary<string, Lazy<RpcChannel>> _channels = new(StringComparer.Ordinal);

    /// <summary>The right to run and read a query at every worker of this cluster.</summary>
    /// <param name="queryId">The query.</param>
    /// <param name="lifetime">How long it is good.</param>
    public string TokenFor(string queryId, TimeSpan lifetime) => signed.Make(SignedTextReader.QueryKind, queryId, lifetime).Text;

    public async Task SetAsync(string location, string token, SetPlansRequest request, CancellationToken cancellationToken)
    {
        await foreach (var _ in ActAsync(location, token, QueryActions.SetPlans, request, CallTimeout, cancellationToken))
        {
            // That there is an answer is the answer.
        }
    }

    public async Task CancelAsync(string location, string token, string queryId, string reason, TimeSpan timeout)
    {
        await foreach (var _ in ActAsync(
            location, token, QueryActions.Cancel, new CancelQueryRequest { QueryId = queryId, Reason = reason }, timeout, CancellationToken.None))
        {
            // How many tasks there were is of no interest.
        }
    }

    public async Task StopAsync(string location, string token, IEnumerable<TaskKey> tasks, string reason, TimeSpan timeout)
    {
        await foreach (var _ in ActAsync(location, token, QueryActions.StopTasks, new StopTasksRequest { Tasks = { tasks }, Reason = reason }, timeout, CancellationToken.None))
        {
            // That there is an answer is the answer.
        }
    }

    public async IAsyncEnumerable<TaskReport> WatchAsync(string location, string token, string queryId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var bytes in ActAsync(location, token, QueryActions.Watch, new WatchQueryRequest { QueryId = queryId }, timeout: null, cancellationToken))
        {
            yield return TaskReport.Parser.ParseFrom(bytes.Span);
        }
    }

    /// <summary>What a worker says of itself; null: it runs no queries.</summary>
    public async Task<WorkerInfo?> FindInfoAsync(string location, string token, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var bytes in ActAsync(location, token, QueryActions.WorkerInfo, new WorkerInfoRequest(), ConnectTimeout, cancellationToken))
            {
                return WorkerInfo.Parser.ParseFrom(bytes.Span);
            }

            return null;
        }
        catch (RpcException)
        {
            // One that is too old for queries, or cannot be reached from here.
            return null;
        }
    }

    public IQueryRows ReadAsync(string location, string token, OutputRange range, CancellationToken cancellationToken) =>
        new FlightRows(ClientOf(location).DoGet(QueryTickets.Of(range), new RpcCallOptions(Metadata: HeadersOf(token), CancellationToken: cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels.Values)
        {
            await channel.Value.DisposeAsync();
        }
    }

    private static RpcMetadata HeadersOf(string token)
    {
        var headers = new RpcMetadata();
        headers.Add("authorization", "Bearer " + token);
        return headers;
    }

    private IAsyncEnumerable<ReadOnlyMemory<byte>> ActAsync(
        string location, string token, string action, IMessage request, TimeSpan? timeout, CancellationToken cancellationToken) => ClientOf(location).DoActionAsync(
        new FlightAction(action, request.ToByteArray()), new RpcCallOptions(timeout, HeadersOf(token), cancellationToken));

    private FlightClient ClientOf(string location) => new(
        _channels.GetOrAdd(
            location,
            key => new Lazy<RpcChannel>(() => RpcChannel.ForAddress(
                DataLocations.HttpOf(new Uri(key)), new RpcChannelOptions { ConnectTimeout = ConnectTimeout, TimeProvider = clock, Tls = _tls }))).Value,
        WorkerDataService.FlightLimits);

    private sealed class FlightRows(FlightReader reader) : IQueryRows
    {
        public Task<ArrowSchema> GetSchemaAsync(CancellationToken cancellationToken) => reader.GetSchemaAsync(cancellationToken);

        public IAsyncEnumerator<RecordBatch> GetAsyncEnumerator(CancellationToken cancellationToken) => reader.GetAsyncEnumerator(cancellationToken);

        public ValueTask DisposeAsync() => reader.DisposeAsync();
    }
}
