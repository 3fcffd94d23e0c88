using System.Security.Cryptography.X509Certificates;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Worker.Data;
using static OrleansFlow.Tests.Worker.Queries.Plans;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>Goal: rows between workers travel over TLS, and only from workers that are trusted.</summary>
public sealed class TlsPeersTests : IDisposable
{
    private const int TimeoutMs = 60_000;

    private readonly PfxFile _pfx = new();
    private readonly string _authority;
    private readonly X509Certificate2 _certificate;

    public TlsPeersTests()
    {
        _certificate = X509CertificateLoader.LoadPkcs12FromFile(_pfx.Path, PfxFile.Password);
        _authority = Path.Combine(Path.GetDirectoryName(_pfx.Path)!, "authority.pem");
        File.WriteAllText(_authority, _certificate.ExportCertificatePem());
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Rows_OfAPeer_AreReadOverTls()
    {
        await using var a = await QueryNode.StartAsync(certificate: _certificate);
        await using var b = await QueryNode.StartAsync(options => options.TlsAuthorityPath = _authority, certificate: _certificate);
        await a.SetAsync(Plan(Key(1), "SELECT range AS c0 FROM range(1000)"));
        var plan = Plan(Key(2), "SELECT sum(c0) AS c0 FROM i");
        plan.Inputs.Add(Input("i", ["BIGINT"], (a.Location, Range(Key(1)))));

        Assert.Equal(["499500"], await QueryNode.RowsAsync(b.Open(plan)));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Peer_ThatIsNotTrusted_IsNotRead()
    {
        await using var a = await QueryNode.StartAsync(certificate: _certificate);
        await using var b = await QueryNode.StartAsync();
        await a.SetAsync(Plan(Key(1), "SELECT range AS c0 FROM range(1000)"));
        var plan = Plan(Key(2), "SELECT sum(c0) AS c0 FROM i");
        plan.Inputs.Add(Input("i", ["BIGINT"], (a.Location, Range(Key(1)))));

        var failure = await Assert.ThrowsAsync<RpcException>(() => QueryNode.RowsAsync(b.Open(plan)));
        Assert.True(RpcStatusDetails.TryGetErrorInfo(failure.Status, out var info));
        Assert.Equal("worker_lost", info.Reason);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _pfx.Dispose();
    }
}
