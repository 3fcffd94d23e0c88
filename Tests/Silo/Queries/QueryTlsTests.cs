using System.Security.Cryptography.X509Certificates;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: plans from the silo to workers and rows between workers travel over TLS, to workers that are trusted only.</summary>
public sealed class QueryTlsTests : IDisposable
{
    private const int Watchdog = 120_000;
    private const string ServerPurpose = "1.3.6.1.5.5.7.3.1";

    private readonly TempFolder _folder = new();
    private readonly string _certificate;
    private readonly string _trusted;
    private readonly string _foreign;

    public QueryTlsTests()
    {
        (_certificate, _trusted, _foreign) = (_folder.Combine("worker.pfx"), _folder.Combine("trusted.pem"), _folder.Combine("foreign.pem"));
        using var authority = new TestAuthority("CN=the authority of the workers");
        using var other = new TestAuthority("CN=somebody else");
        using var certificate = authority.Issue("CN=a worker", purpose: ServerPurpose);
        File.WriteAllBytes(_certificate, certificate.Export(X509ContentType.Pfx));
        File.WriteAllText(_trusted, authority.Pem);
        File.WriteAllText(_foreign, other.Pem);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Queries_OverWorkersWithCertificates_AnswerAsOneEngine()
    {
        await using var cluster = await StartAsync(silo: _trusted, worker: _trusted);

        foreach (var sql in QueryCluster.Queries)
        {
            Assert.Equal(await cluster.AloneAsync(sql), await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
        }

        // All of them really went to workers: nobody fell back to the gateway.
        Assert.Equal(QueryCluster.Queries.Count, cluster.Starts.Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Workers_ThatTheSiloDoesNotTrust_AreGivenNothing()
    {
        await using var cluster = await StartAsync(silo: _foreign, worker: _trusted);

        Assert.Equal(await cluster.AloneAsync(QueryCluster.Queries[0]), await QueryCluster.AskAsync(cluster.Silo.Client.Query(QueryCluster.Queries[0])));

        Assert.Equal(0, cluster.Starts.Count);
        Assert.All(cluster.Real, worker => Assert.Equal(0, worker.Queries.Engines.SessionCount + worker.Queries.Tasks.TaskCount));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Workers_ThatTrustOthersOnly_FailTheQuery()
    {
        await using var cluster = await StartAsync(silo: _trusted, worker: _foreign);

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(QueryCluster.Queries[0])));

        // Whether it is a part of a table that is asked for first, or another task's rows: nothing is read from whom nobody vouches for.
        Assert.True(failure.Code is FlowErrorCode.DataFileMissing or FlowErrorCode.WorkerLost, failure.ToString());
    }

    public void Dispose() => _folder.Dispose();

    private Task<QueryCluster> StartAsync(string silo, string worker) => QueryCluster.StartRealAsync(
        options => (options.TlsAuthorityPath, options.LossGrace) = (silo, TimeSpan.Zero),
        worker: options => options.TlsAuthorityPath = worker,
        data: options => options.TlsCertificatePath = _certificate);
}
