using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight.Exchange;

/// <summary>A listener on a socket of a kind, clients of it, and the memory of both sides counted apart.</summary>
internal sealed class ExchangeHost : IAsyncDisposable
{
    public const string Unix = "unix";
    public const string Tcp = "tcp";
    public const string Tls = "tls";

    private readonly string _folder = Directory.CreateTempSubdirectory("exch-").FullName;
    private readonly X509Certificate2 _certificate = MakeCertificate();

    private ExchangeHost(string kind, Func<ExchangeCall, Task> handleAsync, Action<ExchangeListenerOptions>? configure)
    {
        var options = new ExchangeListenerOptions
        {
            Address = kind == Unix ? ExchangeAddress.Unix(Path.Combine(_folder, "socket")) : ExchangeAddress.Tcp("127.0.0.1", 0, kind == Tls),
            Tls = kind == Tls ? new SslServerAuthenticationOptions { ServerCertificate = _certificate } : null,
            Allocator = ListenerMemory,
        };
        configure?.Invoke(options);
        Listener = ExchangeListener.Start(options, handleAsync);
    }

    public static TheoryData<string> Kinds => [Unix, Tcp, Tls];

    public CountingAllocator ListenerMemory { get; } = new();

    public CountingAllocator ClientMemory { get; } = new();

    public ExchangeListener Listener { get; }

    public string SocketPath => Path.Combine(_folder, "socket");

    public static ExchangeHost Start(string kind, Func<ExchangeCall, Task> handleAsync, Action<ExchangeListenerOptions>? configure = null) =>
        new(kind, handleAsync, configure);

    public ExchangeClient Client(Action<ExchangeClientOptions>? configure = null)
    {
        var options = new ExchangeClientOptions
        {
            Allocator = ClientMemory,
            Tls = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == _certificate.GetCertHashString() },
        };
        configure?.Invoke(options);
        return new ExchangeClient(options);
    }

    public Task<ExchangeStream> OpenAsync(string ticket = "any", Action<ExchangeClientOptions>? configure = null, RpcMetadata? headers = null) =>
        Client(configure).OpenAsync(Listener.Address, FlightTicket.FromText(ticket), headers, TestContext.Current.CancellationToken);

    /// <summary>Stops the listener, then finds no memory left behind.</summary>
    public async Task StopAndCountAsync()
    {
        await DisposeAsync();
        Assert.Equal((0, 0), (ListenerMemory.LiveBuffers, ListenerMemory.LiveBytes));
        Assert.Equal((0, 0), (ClientMemory.LiveBuffers, ClientMemory.LiveBytes));
    }

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync();
        _certificate.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
