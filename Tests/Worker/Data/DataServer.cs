using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Artifacts;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Tests.Worker.Data;

/// <summary>A worker's data service over two tasks of two batches each, and a key that signs its tickets.</summary>
internal sealed class DataServer : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("data-").FullName;
    private readonly ECDsa _key;
    private readonly WorkerDataService _service;
    private readonly ServiceProvider _services;
    private RpcChannel? _channel;

    private DataServer(WorkerDataOptions options, bool takesQueries, ECDsa? key)
    {
        options.SocketFolder ??= _root;
        _key = ECDsa.Create((key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256)).ExportParameters(includePrivateParameters: true));
        Clock = new ManualTimeProvider();
        _services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Clock).BuildServiceProvider();
        _service = new WorkerDataService(
            options,
            "w.exchange",
            root => new SharedFolderArtifactStore(root),
            Clock,
            NullLoggerFactory.Instance,
            takesQueries ? (authorization, locations) => new QueryWorkerService(
                new QueryWorkerOptions { SpillFolder = Path.Combine(_root, "spill") }, QueryWorker.Default(), "w", locations, authorization, _services) : null);
    }

    public const string Everything = "run/scan/0.0-1.e1,1.0-1.e1";

    public ManualTimeProvider Clock { get; }

    public IReadOnlyList<string> Locations => _service.Address.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public FlightClient Flight => new(_channel ??= RpcChannel.ForAddress("http://" + new Uri(Locations[0]).Authority));

    /// <summary>The cluster's key.</summary>
    public ECDsa Key => _key;

    public static async Task<DataServer> StartAsync(WorkerDataOptions? options = null, bool isRegistered = true, bool takesQueries = false, ECDsa? key = null)
    {
        var server = new DataServer(options ?? new WorkerDataOptions(), takesQueries, key);
        var store = new SharedFolderArtifactStore(server._root);
        for (var value = 0; value < 4; value++)
        {
            using var batch = HandlerScript.Numbers(value);
            await store.WriteAsync(TaskId.OfRun(new RunId("run"), "scan", value / 2), 1, value % 2, batch, TestContext.Current.CancellationToken);
        }

        await server._service.StartAsync(TestContext.Current.CancellationToken);
        if (isRegistered)
        {
            server.Register();
        }

        return server;
    }

    public void Register() => _service.OnRegistered([Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo())], _root);

    public void Forget(string path) => File.Delete(Path.Combine(_root, path));

    /// <summary>A ticket as a silo signs it.</summary>
    public FlightTicket Ticket(string subject = Everything, string kind = "ticket", ECDsa? key = null) => FlightTicket.FromText(Sign(subject, kind, key));

    /// <summary>A text as a silo signs it.</summary>
    public string Sign(string subject, string kind, ECDsa? key = null)
    {
        var payload = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"v1|{kind}|{subject}|{(Clock.GetUtcNow() + TimeSpan.FromHours(1)).ToUnixTimeSeconds()}"));
        return $"{Base64Url.EncodeToString(payload)}.{Base64Url.EncodeToString((key ?? _key).SignData(payload, HashAlgorithmName.SHA256))}";
    }

    public ExchangeAddress Exchange(string scheme) =>
        ExchangeAddress.TryParse(Locations.Single(location => location.StartsWith(scheme, StringComparison.Ordinal)), out var address) ? address : throw new InvalidOperationException();

    public async ValueTask DisposeAsync()
    {
        if (_channel is not null)
        {
            await _channel.DisposeAsync();
        }

        await _service.DisposeAsync();
        await _services.DisposeAsync();
        _key.Dispose();
        Directory.Delete(_root, recursive: true);
    }
}
