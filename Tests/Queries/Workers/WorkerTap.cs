using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Queries;
using OrleansFlow.Worker.Queries.Inputs;

namespace OrleansFlow.Tests.Queries.Workers;

/// <summary>
/// Stands in front of a worker process: everything that the gateway and other workers say to it goes through here unchanged, is seen, and waits at the
/// gate. It dies with its process, so that whoever talks to it sees broken connections, as after a crash.
/// </summary>
internal sealed class WorkerTap : IFlightProducer, IAsyncDisposable
{
    private readonly Func<StageGate> _gate;
    private readonly RpcChannel _channel;
    private WebApplication? _app;
    private TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private WorkerTap(string id, string worker, Func<StageGate> gate)
    {
        Id = id;
        _gate = gate;
        _channel = RpcChannel.ForAddress(worker);
    }

    /// <summary>Of the worker.</summary>
    public string Id { get; }

    public QueryPeer Peer => new(Id, "grpc+tcp://" + new Uri(_app!.Urls.Single()).Authority, 1, 0);

    /// <summary>Done when the worker has dropped a query since <see cref="ExpectCancel"/>.</summary>
    public Task WhenCancelled => Volatile.Read(ref _cancelled).Task;

    private FlightClient Flight => new(_channel, WorkerDataService.FlightLimits);

    public static async Task<WorkerTap> StartAsync(string id, string worker, Func<StageGate> gate, CancellationToken cancellationToken)
    {
        var tap = new WorkerTap(id, worker, gate);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRpcServer();
        tap._app = builder.Build();
        tap._app.MapRpcService(FlightRpc.Define(tap, WorkerDataService.FlightLimits));
        await tap._app.StartAsync(cancellationToken);
        return tap;
    }

    /// <summary>Arms <see cref="WhenCancelled"/> for the next query.</summary>
    public void ExpectCancel() => Volatile.Write(ref _cancelled, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Tasks that the worker itself says it runs.</summary>
    public async Task<int> RunningTasksAsync(string token, CancellationToken cancellationToken)
    {
        var headers = new RpcMetadata();
        headers.Add("authorization", token);
        await foreach (var bytes in Flight.DoActionAsync(
            new FlightAction(QueryActions.WorkerInfo, new WorkerInfoRequest().ToByteArray()), new RpcCallOptions(null, headers, cancellationToken)))
        {
            return WorkerInfo.Parser.ParseFrom(bytes.Span).RunningTasks;
        }

        throw new InvalidOperationException($"Worker '{Id}' says nothing of itself.");
    }

    /// <summary>The right that the last call showed.</summary>
    public string Token { get; private set; } = "";

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> DoActionAsync(FlightAction action, RpcServerContext context)
    {
        var gate = _gate();
        if (action.Type == QueryActions.SetPlans)
        {
            var request = SetPlansRequest.Parser.ParseFrom(action.Body.Span);
            SourceSpans.Resolve(request);
            foreach (var plan in request.Plans)
            {
                gate.Saw(Id, plan);
            }
        }

        await foreach (var answer in Flight.DoActionAsync(action, Forwarded(context)))
        {
            if (action.Type == QueryActions.Watch)
            {
                gate.Heard(Id, TaskReport.Parser.ParseFrom(answer.Span));
            }

            yield return answer;
        }

        if (action.Type == QueryActions.Cancel)
        {
            Volatile.Read(ref _cancelled).TrySetResult();
        }
    }

    public async Task<FlightStream> DoGetAsync(FlightTicket ticket, RpcServerContext context)
    {
        await _gate().PassAsync(TaskTicket.Parser.ParseFrom(ticket.Bytes.Span[2..]).Range.Key, context.CancellationToken);
        var reader = Flight.DoGet(ticket, Forwarded(context));
        try
        {
            return new FlightStream(await reader.GetSchemaAsync(context.CancellationToken), reader) { Owner = new ReaderOwner(reader) };
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>Breaks all connections and takes no more.</summary>
    public async Task BreakAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app!.StopAsync(now.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await BreakAsync();
        await _app!.DisposeAsync();
        await _channel.DisposeAsync();
    }

    private RpcCallOptions Forwarded(RpcServerContext context)
    {
        Token = context.RequestHeaders.GetValue("authorization") ?? "";
        var headers = new RpcMetadata();
        headers.Add("authorization", Token);
        return new RpcCallOptions(null, headers, context.CancellationToken);
    }

    private sealed class ReaderOwner(FlightReader reader) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => reader.DisposeAsync();
    }
}
