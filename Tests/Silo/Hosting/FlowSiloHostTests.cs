using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Hosting;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Silo.Security;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Hosting;

public sealed class FlowSiloHostTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EndpointsFile_IsThereWhileItServesAndOnlyForItsOwner()
    {
        var file = _folder.Combine(EndpointsFile.FileName);
        await using (var silo = await FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken))
        {
            Assert.Equal(silo.Endpoints, EndpointsFile.Read(_folder.Path));
            Assert.Equal(Environment.ProcessId, silo.Endpoints.ProcessId);
            Assert.NotEqual(0, new Uri(silo.Endpoints.GrpcUrl).Port);
            Assert.NotEqual(new Uri(silo.Endpoints.GrpcUrl).Port, new Uri(silo.Endpoints.HttpUrl).Port);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }

        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task EndpointsFile_OfAnotherSilo_IsLeftAlone()
    {
        await using (var silo = await FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken))
        {
            (silo.Endpoints with { ProcessId = 1 }).Write(_folder.Path);
        }

        Assert.Equal(1, EndpointsFile.Read(_folder.Path)!.ProcessId);
    }

    [Fact]
    public async Task Restart_OnTheSameFolder_IsTheSameClusterAndKeepsItsRuns()
    {
        string cluster;
        Tasks.RunId run;
        await using (var first = await FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken))
        {
            cluster = first.Endpoints.ClusterId;
            await using var client = FlowClient.Connect(first.Endpoints.GrpcUrl);
            await SiloFixture.AllRolesKnownAsync(client);
            run = await client.SubmitGraphAsync("""{"name":"kept","nodes":[{"id":"a","role":"wait"}]}""", cancellationToken: CancellationToken);
        }

        await using var second = await FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken);
        await using var again = FlowClient.Connect(second.Endpoints.GrpcUrl);

        Assert.Equal(cluster, second.Endpoints.ClusterId);
        var kept = await again.GetRunAsync(run, CancellationToken);
        Assert.Null(kept.EndedUtc);
        Assert.Equal("kept", kept.GraphName);
    }

    [Fact]
    public async Task SecondSilo_OnTheSameFolder_IsRefusedAndTheFirstGoesOn()
    {
        await using var first = await FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken);

        var failure = await Assert.ThrowsAsync<FlowException>(() => FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken));

        Assert.Equal(FlowErrorCode.StoreInUse, failure.Code);
        Assert.Equal(first.Endpoints, EndpointsFile.Read(_folder.Path));
        await using var client = FlowClient.Connect(first.Endpoints.GrpcUrl);
        Assert.Contains((await client.GetHealthAsync(CancellationToken)).Checks, check => check is { Name: "store", Healthy: true });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PortInUse_IsNamedAndNothingIsLeft(bool grpc)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var options = RunningSilo.Options(_folder.Path);
        (options.GrpcPort, options.HttpPort) = grpc ? (port, 0) : (0, port);

        var failure = await Assert.ThrowsAsync<FlowException>(() => FlowSiloHost.StartAsync(options, CancellationToken));

        Assert.Equal(FlowErrorCode.PortInUse, failure.Code);
        Assert.Contains($"Port {port} ", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.Combine(EndpointsFile.FileName)));

        // The store was let go of: a start on free ports works at once.
        await using var silo = await FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken);
    }

    [Fact]
    public async Task BindBeyondLoopback_WithoutProtection_IsRefusedBeforeAnythingIsMade()
    {
        var data = _folder.Combine("untouched");

        var failure = await Assert.ThrowsAsync<FlowException>(
            () => FlowSiloHost.StartAsync(new FlowSiloOptions { DataFolder = data, BindAddress = IPAddress.Any, GrpcPort = 0, HttpPort = 0 }, CancellationToken));

        Assert.Equal(FlowErrorCode.BindRefused, failure.Code);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task BindToEveryAddress_ByRequest_AnnouncesOneThatIsReachable()
    {
        var options = RunningSilo.Options(dataFolder: null);
        (options.BindAddress, options.Insecure) = (IPAddress.Any, true);

        await using var silo = await FlowSiloHost.StartAsync(options, CancellationToken);

        Assert.Equal("127.0.0.1", new Uri(silo.Endpoints.GrpcUrl).Host);
        await using var client = FlowClient.Connect(silo.Endpoints.GrpcUrl);
        await client.GetHealthAsync(CancellationToken);
    }

    [Fact]
    public async Task WithoutADataFolder_NothingIsLeftBehind()
    {
        string folder;
        await using (var silo = await FlowSiloHost.StartAsync(RunningSilo.Options(dataFolder: null), CancellationToken))
        {
            folder = silo.Services.GetRequiredService<GatewayIdentity>().DataFolder;
            Assert.True(Directory.Exists(folder));
        }

        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task LeaseOptionsOutOfRange_StopTheStart()
    {
        var options = RunningSilo.Options(dataFolder: null);
        options.ConfigureLeases = leases => leases.HeartbeatInterval = leases.Duration;

        var failure = await Assert.ThrowsAsync<FlowException>(() => FlowSiloHost.StartAsync(options, CancellationToken));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains("OrleansFlow:Leases:HeartbeatInterval", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClusterKeyThatIsNone_StopsTheStart()
    {
        await File.WriteAllTextAsync(_folder.Combine(ClusterKey.FileName), "garbage", CancellationToken);

        var failure = await Assert.ThrowsAsync<FlowException>(() => FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
    }

    [Fact]
    public async Task Health_OverHttp_IsLiveAndReady()
    {
        await using var silo = await FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri(silo.Endpoints.HttpUrl) };

        Assert.Equal("live", await http.GetStringAsync("/health/live", CancellationToken));
        using var ready = JsonDocument.Parse(await http.GetStringAsync("/health/ready", CancellationToken));

        Assert.Equal(
            [("store", true), ("artifacts", true)],
            ready.RootElement.GetProperty("checks").EnumerateArray().Select(check => (check.GetProperty("name").GetString(), check.GetProperty("healthy").GetBoolean())));
    }

    [Fact]
    public async Task Health_WithAnUnwritableArtifactFolder_IsNotReady()
    {
        await using var silo = await FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri(silo.Endpoints.HttpUrl) };

        // A file in the folder's place: not even the superuser can write below it.
        Directory.Delete(_folder.Combine("artifacts"), recursive: true);
        await File.WriteAllTextAsync(_folder.Combine("artifacts"), "in the way", CancellationToken);

        using var answer = await http.GetAsync("/health/ready", CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("cannot be written", await answer.Content.ReadAsStringAsync(CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_OverGrpc_HasEveryCheck()
    {
        await using var silo = await FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken);
        await using var client = FlowClient.Connect(silo.Endpoints.GrpcUrl);
        await SiloFixture.AllRolesKnownAsync(client);

        var health = await client.GetHealthAsync(CancellationToken);

        Assert.Equal(["store", "artifacts", "workers", "sessions", "clock"], health.Checks.Select(check => check.Name));
        Assert.All(health.Checks, check => Assert.True(check.Healthy, check.Detail));
        Assert.Contains(await client.ListWorkersAsync(CancellationToken), worker => worker is { Slots: 4, Liveness: Workers.WorkerLiveness.Online });
    }

    [Fact]
    public async Task Stop_WhileARunIsWatched_EndsTheWatch()
    {
        await using var silo = await FlowSiloHost.StartAsync(RunningSilo.Options(_folder.Path), CancellationToken);
        await using var client = FlowClient.Connect(silo.Endpoints.GrpcUrl);
        await SiloFixture.AllRolesKnownAsync(client);
        var run = await client.SubmitGraphAsync("""{"name":"x","nodes":[{"id":"a","role":"wait"}]}""", cancellationToken: CancellationToken);
        await using var watch = client.WatchRunAsync(run, CancellationToken).GetAsyncEnumerator(CancellationToken);
        Assert.True(await watch.MoveNextAsync());

        await silo.StopAsync(CancellationToken);

        var failure = await Assert.ThrowsAsync<FlowException>(async () =>
        {
            while (await watch.MoveNextAsync())
            {
                // What was decided before the stop may still arrive.
            }
        });
        Assert.Equal(FlowErrorCode.GatewayUnreachable, failure.Code);
    }
}
