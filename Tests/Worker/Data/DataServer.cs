using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Artifacts;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Tests.Worker.Data;

/// <summary>A worker's data service over two tasks of two batches each, and a key that signs its tickets.</summary>
internal sealed class DataServer : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("data-").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly WorkerDataService _service;
    private RpcChannel? _channel;

    private DataServer(WorkerDataOptions options)
    {
        options.SocketFolder ??= _root;
        Clock = new ManualTimeProvider();
        _service = new WorkerDataService(options, "w.exchange", root => new SharedFolderArtifactStore(root), Clock, NullLoggerFactory.Instance);
    }

    public const string Everything = "run/scan/0.0-1.e1,1.0-1.e1";

    public ManualTimeProvider Clock { get; }

    public IReadOnlyList<string> Locations => _service.Address.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public FlightClient Flight => new(_channel ??= RpcChannel.ForAddress("http://" + new Uri(Locations[0]).Authority));

    public static async Task<DataServer> StartAsync(WorkerDataOptions? options = null, bool isRegistered = true)
    {
        var server = new DataServer(options ?? new WorkerDataOptions());
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
    public FlightTicket Ticket(string subject = Everything, string kind = "ticket", ECDsa? key = null)
    {
        var payload = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"v1|{kind}|{subject}|{(Clock.GetUtcNow() + TimeSpan.FromHours(1)).ToUnixTimeSeconds()}"));
        return FlightTicket.FromText($"{Base64Url.EncodeToString(payload)}.{Base64Url.EncodeToString((key ?? _key).SignData(payload, HashAlgorithmName.SHA256))}");
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
        _key.Dispose();
        Directory.Delete(_root, recursive: true);
    }
}
