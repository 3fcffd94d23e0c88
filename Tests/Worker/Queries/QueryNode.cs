using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>One query worker over Kestrel on loopback, with a client of it.</summary>
internal sealed class QueryNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RpcChannel _channel;
    private readonly string _spill;

    private QueryNode(WebApplication app, string spill, X509Certificate2? certificate)
    {
        _app = app;
        _spill = spill;
        Location = (certificate is null ? "grpc+tcp://" : "grpc+tls://") + new Uri(app.Urls.Single()).Authority;
        _channel = RpcChannel.ForAddress(app.Urls.Single(), new RpcChannelOptions
        {
            Tls = certificate is null ? null : new() { RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString() },
        });
        Flight = new FlightClient(_channel);
        Service = app.Services.GetRequiredService<QueryWorkerService>();
    }

    public string Location { get; }

    public FlightClient Flight { get; }

    public QueryWorkerService Service { get; }

    public QueryTasks Tasks => Service.Tasks;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RpcCallOptions Call => new(CancellationToken: Token);

    public static async Task<QueryNode> StartAsync(
        Action<QueryWorkerOptions>? configure = null, QueryWorker? worker = null, TimeProvider? clock = null, Action<IServiceCollection>? services = null,
        X509Certificate2? certificate = null)
    {
        var spill = Directory.CreateTempSubdirectory("spill-").FullName;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.Services.AddRouting();
        if (clock is not null)
        {
            builder.Services.AddSingleton(clock);
        }

        services?.Invoke(builder.Services);
        builder.Services.AddQueryWorker(worker, options =>
        {
            options.SpillFolder = spill;
            options.EngineThreads = 2;
            options.WorkerId = "test-worker";
            configure?.Invoke(options);
        });
        builder.WebHost.UseKestrelCore();
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listener =>
            {
                listener.Protocols = HttpProtocols.Http2;
                if (certificate is not null)
                {
                    listener.UseHttps(certificate);
                }
            });
        });
        var app = builder.Build();
        app.MapOrleansFlowWorker();
        await app.StartAsync(Token);
        return new QueryNode(app, spill, certificate);
    }

    /// <summary>Files of rows on disk.</summary>
    public IReadOnlyList<string> SpillFiles() => [.. Directory.EnumerateFiles(_spill, "*.arrow", SearchOption.AllDirectories)];

    public Task SetAsync(params TaskPlan[] plans) => ActAsync(QueryActions.SetPlans, new SetPlansRequest { Plans = { plans } }, SetPlansResponse.Parser);

    public async Task<int> CancelAsync(string queryId) =>
        (await ActAsync(QueryActions.Cancel, new CancelQueryRequest { QueryId = queryId, Reason = "The test says so." }, CancelQueryResponse.Parser)).TaskCount;

    public async Task<TResponse> ActAsync<TResponse>(string type, IMessage request, MessageParser<TResponse> parser)
        where TResponse : IMessage<TResponse>
    {
        TResponse? response = default;
        await foreach (var result in Flight.DoActionAsync(new FlightAction(type, request.ToByteArray()), Call))
        {
            response = parser.ParseFrom(result.Span);
        }

        return response ?? throw new InvalidOperationException("The action gave no result.");
    }

    public async IAsyncEnumerable<TaskReport> WatchAsync(string queryId)
    {
        await foreach (var result in Flight.DoActionAsync(new FlightAction(QueryActions.Watch, new WatchQueryRequest { QueryId = queryId }.ToByteArray()), Call))
        {
            yield return TaskReport.Parser.ParseFrom(result.Span);
        }
    }

    /// <summary>The first report of a query that is as wanted.</summary>
    public async Task<TaskReport> WaitForAsync(string queryId, Func<TaskReport, bool> isWanted)
    {
        await foreach (var report in WatchAsync(queryId))
        {
            if (isWanted(report))
            {
                return report;
            }
        }

        throw new InvalidOperationException("The query ended before.");
    }

    public FlightReader Open(OutputRange range) => Flight.DoGet(QueryTickets.Of(range), Call);

    public FlightReader Open(TaskPlan plan, RpcMetadata? metadata = null) => Flight.DoGet(QueryTickets.Of(new TaskTicket { Plan = plan }), Call with { Metadata = metadata });

    public Task<List<string>> ReadAsync(OutputRange range) => RowsAsync(Open(range));

    /// <summary>Every row as text.</summary>
    public static async Task<List<string>> RowsAsync(IAsyncEnumerable<RecordBatch> batches)
    {
        List<string> rows = [];
        await foreach (var batch in batches)
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    rows.Add(string.Join('|', batch.Columns.Select(column => FormattableString.Invariant($"{column.GetValue(row) ?? "NULL"}"))));
                }
            }
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _app.DisposeAsync();
        Directory.Delete(_spill, recursive: true);
    }
}
