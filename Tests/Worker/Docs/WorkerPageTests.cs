using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Tests.Worker.Docs;

/// <summary>The examples of <c>docs/workers.md</c> compile, do what the page says, and are the ones on the page.</summary>
public sealed class WorkerPageTests
{
    [Fact]
    public void EveryExample_OfThePage_IsCompiledHere()
    {
        var sources = Directory.GetFiles(RepositoryRoot.Combine("Tests", "Worker", "Docs"), "*.cs").Select(file => Code(File.ReadAllText(file))).ToList();
        var page = File.ReadAllText(RepositoryRoot.Combine("docs", "workers.md")).ReplaceLineEndings("\n");
        var examples = page.Split("```csharp\n").Skip(1).Select(static rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)]).ToList();

        Assert.True(examples.Count >= 6);
        Assert.All(examples, example => Assert.Contains(sources, source => source.Contains(Code(example), StringComparison.Ordinal)));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task BookHandler_GoesOnFromTheCheckpoint_AndNamesEachEffectTheSameInEveryAttempt()
    {
        var orders = new ScriptedOrders(1_200);
        await using var worker = await StartAsync(orders);
        await worker.Gateway.OfferAsync(Offer("orders.book", """{"after":0}""", epoch: 1));
        var first = Assert.Single((await worker.Gateway.NextAsync())!.Batches.Reports);
        Assert.Equal((0, 500L, 1, "500"), (first.Index, first.Rows, first.Checkpoint.Version, first.Checkpoint.Json));
        await worker.Gateway.RevokeAsync(first.Lease, "lease_lost");
        await worker.StoppedAsync();

        var again = Offer("orders.book", """{"after":0}""", epoch: 2);
        (again.AcceptedBatches, again.Checkpoint) = (1, new Checkpoint { Version = 1, Json = "500", OutputCount = 1 });
        await worker.Gateway.OfferAsync(again);
        var outcome = await worker.CompleteAsync();

        Assert.Equal((Outcome.Types.Kind.Completed, 3), (outcome.Kind, outcome.BatchCount));
        Assert.Equal(1_200, orders.Booked.Count);
        Assert.All(orders.Keys, key => Assert.StartsWith("t1/", key, StringComparison.Ordinal));
        Assert.Equal(orders.Keys.Count, orders.Keys.Distinct().Count() + orders.Repeated);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("{}", null, "bad_input", true)]
    [InlineData("""{"after":0}""", HttpStatusCode.NotFound, "no_such_order", true)]
    [InlineData("""{"after":0}""", HttpStatusCode.BadGateway, "orders_unavailable", false)]
    public async Task BookHandler_ClassifiesItsFailures(string parameters, HttpStatusCode? failure, string reason, bool permanent)
    {
        await using var worker = await StartAsync(new ScriptedOrders(10) { Failure = failure });
        await worker.Gateway.OfferAsync(Offer("orders.book", parameters, epoch: 1));

        var outcome = await worker.CompleteAsync();

        Assert.Equal((Outcome.Types.Kind.Failed, reason, permanent), (outcome.Kind, outcome.Reason, outcome.Permanent));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Host_OfThePage_ServesItsRoles()
    {
        await using var worker = await StartAsync(new ScriptedOrders(0));
        Assert.Equal(
            ["orders.book", "orders.book.again", "orders.sum", "page.render"], worker.Gateway.Register.Roles.Where(role => role.Contains('.', StringComparison.Ordinal)));
        Assert.Equal(("eu", "1.2"), (worker.Gateway.Register.Labels["zone"], worker.Gateway.Register.RoleVersions["orders.sum"]));

        await worker.Gateway.OfferAsync(Offer("page.render", "", epoch: 1));
        Assert.Equal((Outcome.Types.Kind.Completed, 1), await worker.CompleteAsync() is var outcome ? (outcome.Kind, outcome.BatchCount) : default);
    }

    private static Offer Offer(string role, string parameters, long epoch)
    {
        var offer = WorkerHarness.OfferOf("t1", epoch);
        (offer.Role, offer.ParamsJson) = (role, parameters);
        return offer;
    }

    private static async Task<PageWorker> StartAsync(IOrders orders)
    {
        var transport = new InProcessWorkerTransport();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(orders);
        WorkerHost.AddTo(builder).UseTransport(_ => transport);

        // A batch at a time, so that a test knows what has been done when it takes the lease away.
        builder.Services.PostConfigure<WorkerOptions>(options => options.ReportWindow = 1);
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var gateway = await ScriptedSession.AcceptUnansweredAsync(transport);
        await gateway.SendAsync(new SiloMessage
        {
            Registered = new Registered
            {
                SessionId = "s", HeartbeatIntervalMs = 5_000, LeaseDurationMs = 60_000,
                ArtifactRoot = Path.Combine(Path.GetTempPath(), "orleansflow-tests", "worker-page-" + Guid.NewGuid().ToString("N")),
            },
        });
        return new PageWorker(host, gateway);
    }

    private static string Code(string text) => string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim())
        .Where(line => line.Length > 0 && !line.StartsWith("///", StringComparison.Ordinal)));

    private sealed class PageWorker(IHost host, ScriptedSession gateway) : IAsyncDisposable
    {
        public ScriptedSession Gateway { get; } = gateway;

        /// <summary>Answers everything until the attempt's end, which it gives.</summary>
        public async Task<Outcome> CompleteAsync()
        {
            while (await Gateway.NextAsync() is { } message)
            {
                foreach (var report in message.Batches?.Reports ?? [])
                {
                    await Gateway.AcceptBatchAsync(report.Lease, report.Index);
                }

                if (message.Outcomes?.Outcomes_.SingleOrDefault() is { } outcome)
                {
                    await Gateway.AcceptOutcomeAsync(outcome.Lease);
                    return outcome;
                }
            }

            throw new InvalidOperationException("The worker left.");
        }

        /// <summary>Reads until the revoked attempt has said that it stopped.</summary>
        public async Task StoppedAsync()
        {
            while (await Gateway.NextAsync() is { } message)
            {
                if (message.Outcomes?.Outcomes_.SingleOrDefault() is { Kind: Outcome.Types.Kind.Stopped } outcome)
                {
                    await Gateway.AcceptOutcomeAsync(outcome.Lease);
                    return;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            Gateway.End();
            await host.StopAsync(new CancellationToken(canceled: true));
            host.Dispose();
        }
    }

    private sealed class ScriptedOrders(int count) : IOrders
    {
        public HttpStatusCode? Failure { get; init; }

        public HashSet<long> Booked { get; } = [];

        public List<string> Keys { get; } = [];

        public int Repeated { get; private set; }

        public Task<IReadOnlyList<Order>> ReadPageAsync(long after, int pageRows, CancellationToken cancellationToken) => Failure is { } status
            ? throw new HttpRequestException("no", null, status)
            : Task.FromResult<IReadOnlyList<Order>>([.. Enumerable.Range(1, count).Where(id => id > after).Take(pageRows).Select(id => new Order(id, id * 1.5))]);

        public Task BookAsync(string key, Order order, CancellationToken cancellationToken)
        {
            lock (Keys)
            {
                Repeated += Keys.Contains(key) ? 1 : 0;
                Keys.Add(key);
                Booked.Add(order.Id);
            }

            return Task.CompletedTask;
        }
    }
}
