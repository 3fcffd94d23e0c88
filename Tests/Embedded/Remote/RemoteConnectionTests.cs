using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Embedded.Remote;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Embedded.Remote;

/// <summary>How connections begin, break and come back, and what bytes that are no frames do.</summary>
public sealed class RemoteConnectionTests
{
    private readonly string _key = Guid.NewGuid().ToString("N");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task LostConnection_FailsWhatIsInFlight_AndIsMadeAgain()
    {
        var lost = new TaskCompletionSource();
        await using var cluster = await RemoteCluster.StartAsync(client => client
            .AddClusterConnectionLostHandler((_, _) => lost.TrySetResult())
            .Configure<GrainGatewayOptions>(options => options.ReconnectDelay = TimeSpan.FromMilliseconds(1)));
        var grain = cluster.Client.GetGrain<IRemoteTestGrain>(_key);
        var waiting = grain.NeverAsync();
        await RemoteSignals.ReachedAsync(_key + "never");

        cluster.Gateway.Break("the cable was pulled");

        var failure = await Assert.ThrowsAsync<SiloUnavailableException>(() => waiting);
        Assert.Contains("the cable was pulled", failure.Message, StringComparison.Ordinal);
        await lost.Task.WaitAsync(CancellationToken);
        var idle = cluster.Client.GetGrain<IRemoteTestGrain>(_key + "-idle");
        Assert.Equal(3, await UntilConnectedAsync(() => idle.AddAsync(1, 2).AsTask()));
        Assert.Equal(2, cluster.Gateway.Attempts);
    }

    [Fact(Timeout = 30_000)]
    public async Task Reconnect_BacksOff_UntilTheGatewayIsThere()
    {
        var clock = new ManualTimeProvider();
        await using var cluster = await RemoteCluster.StartAsync(client => client.Services.AddSingleton<TimeProvider>(clock));
        var gateway = cluster.Gateway;
        await gateway.AttemptsSeen.Reader.ReadAsync(CancellationToken);
        var grain = cluster.Client.GetGrain<IRemoteTestGrain>(_key);
        Assert.Equal(2, await grain.AddAsync(1, 1));

        gateway.Refusal = new IOException("nobody listens");
        gateway.Break("the silo is gone");
        for (var attempt = 2; attempt < 6; attempt++)
        {
            await AdvanceUntilAttemptAsync(clock, gateway, attempt);
        }

        // Made of the loss at first, of the last attempt's failure later; the call itself is not made.
        var failure = await Assert.ThrowsAsync<SiloUnavailableException>(() => grain.AddAsync(1, 1).AsTask());
        Assert.Contains("The call was not made", failure.Message, StringComparison.Ordinal);
        gateway.Refusal = null;
        await AdvanceUntilAttemptAsync(clock, gateway, 6);

        Assert.Equal(2, await UntilConnectedAsync(() => grain.AddAsync(1, 1).AsTask()));
    }

    [Fact(Timeout = 30_000)]
    public async Task Start_WithoutGateway_AsksTheRetryFilter()
    {
        var asked = new List<string>();
        var gateway = new MemoryGateway { Refusal = new IOException("nobody listens") };
        using var client = RemoteCluster.BuildClient(gateway, builder => builder.UseConnectionRetryFilter((exception, _) =>
        {
            asked.Add(exception.Message);
            return Task.FromResult(asked.Count < 3);
        }));

        var failure = await Assert.ThrowsAsync<SiloUnavailableException>(() => client.StartAsync(CancellationToken));

        Assert.Contains("nobody listens", failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, asked.Count);
        Assert.Equal(3, gateway.Attempts);
    }

    [Fact(Timeout = 30_000)]
    public async Task HostBuilder_ComposesTheSameClient()
    {
        await using var cluster = await RemoteCluster.StartAsync();
        using var host = new HostBuilder()
            .ConfigureServices(services => services.AddSingleton<IGatewayConnector>(cluster.Gateway))
            .UseOrleansClient((_, client) => client.UseStaticClustering(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1)))
            .UseOrleansClient()
            .Build();

        await host.StartAsync(CancellationToken);

        Assert.Equal(3, await host.Services.GetRequiredService<IGrainFactory>().GetGrain<IRemoteTestGrain>(_key).AddAsync(1, 2));
        await host.StopAsync(CancellationToken);
    }

    [Fact(Timeout = 30_000)]
    public async Task Start_WithoutAnyGatewayConfigured_SaysHowToNameOne()
    {
        using var host = new HostBuilder()
            .UseOrleansClient(client => client.UseConnectionRetryFilter((_, _) => Task.FromResult(false)))
            .Build();

        var failure = await Assert.ThrowsAsync<SiloUnavailableException>(() => host.StartAsync(CancellationToken));

        Assert.Contains("UseStaticClustering", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Calls_BeforeTheStartAndAfterTheStop_SayWhy()
    {
        await using var cluster = await RemoteCluster.StartAsync();
        var grain = cluster.Client.GetGrain<IRemoteTestGrain>(_key);
        using var notStarted = RemoteCluster.BuildClient(cluster.Gateway);

        Assert.Throws<InvalidOperationException>(() => notStarted.Services.GetRequiredService<IClusterClient>().GetGrain<IRemoteTestGrain>("x"));
        await cluster.ClientHost.StopAsync(CancellationToken);
        var failure = await Assert.ThrowsAsync<SiloUnavailableException>(() => grain.DoAsync().AsTask());
        Assert.Contains("start its host", failure.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("not a frame at all")]
    [InlineData("\n\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("\n\u0005ab")]
    [InlineData("\n\u0000")]
    [InlineData("\n\u0001\u0001")]
    [InlineData("\n\u0001\u0004")]
    [InlineData("\n\u0002\u0001\u0063")]
    public async Task HostileBytes_BeforeTheHello_EndThatConnectionAlone(string bytes)
    {
        await using var cluster = await RemoteCluster.StartAsync();
        var grain = cluster.Client.GetGrain<IRemoteTestGrain>(_key);

        var end = await EndOfAsync(cluster, [.. bytes.Select(letter => (byte)letter)]);

        Assert.Equal(RpcStatusCode.InvalidArgument, end.Code);
        Assert.Equal(3, await grain.AddAsync(1, 2));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(2)]
    [InlineData(99)]
    [InlineData(4, 1, 0, 200, 1)]
    [InlineData(4, 1)]
    [InlineData(3, 1, 200, 200)]
    [InlineData(8, 1, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF)]
    [InlineData(1, 1, 1, 65)]
    public async Task HostileRecords_AfterTheHello_EndThatConnectionAlone(params int[] record)
    {
        await using var cluster = await RemoteCluster.StartAsync();
        var grain = cluster.Client.GetGrain<IRemoteTestGrain>(_key);
        byte[] hello = [10, 4, 1, 1, 1, (byte)'x'];

        var end = await EndOfAsync(cluster, [.. hello, 10, (byte)record.Length, .. record.Select(value => (byte)value)]);

        Assert.Equal(RpcStatusCode.InvalidArgument, end.Code);
        Assert.Equal(3, await grain.AddAsync(1, 2));
    }

    [Fact(Timeout = 60_000)]
    public async Task RandomBytes_NeverDoMoreThanEndTheirConnection()
    {
        await using var cluster = await RemoteCluster.StartAsync();
        var grain = cluster.Client.GetGrain<IRemoteTestGrain>(_key);
        var random = new Random(20261121);
        byte[] hello = [10, 4, 1, 1, 1, (byte)'x'];
        for (var round = 0; round < 300; round++)
        {
            var record = new byte[random.Next(1, 60)];
            random.NextBytes(record);
            record[0] = (byte)random.Next(1, 10);
            var connection = new MemoryConnection();
            var serving = cluster.Gateway.Gateway!.ServeAsync(connection.Server, "test", connection.Ended);
            await connection.WriteAsync(RemoteFrame.CopyOf([.. hello, 10, (byte)record.Length, .. record]));
            connection.Break(null);
            await serving.ContinueWith(static _ => { }, CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        Assert.Equal(3, await grain.AddAsync(1, 2));
    }

    [Fact(Timeout = 30_000)]
    public async Task UnknownMethod_FailsItsCallAlone()
    {
        await using var cluster = await RemoteCluster.StartAsync();
        var grain = cluster.Client.GetGrain<IRemoteTestGrain>(_key);
        await using var raw = await RawClient.ConnectAsync(cluster);

        await raw.DescribeAsync(1, typeof(IRemoteTestGrain).FullName!, "NoSuchAsync", "System.Int32");
        await raw.DescribeAsync(2, "System.IDisposable", "Dispose", "");
        await raw.CallAsync(id: 5, method: 1, "remotetest", "x");
        await raw.CallAsync(id: 6, method: 2, "remotetest", "x");

        Assert.Contains("NoSuchAsync", (await raw.FailureAsync()).Message, StringComparison.Ordinal);
        Assert.Contains("System.IDisposable", (await raw.FailureAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(3, await grain.AddAsync(1, 2));
    }

    [Fact(Timeout = 30_000)]
    public async Task Connection_WithoutHello_IsClosedInTime()
    {
        var clock = new ManualTimeProvider();
        await using var cluster = await RemoteCluster.StartAsync(configureSilo: silo => silo.Services.AddSingleton<TimeProvider>(clock));
        await using var connection = new MemoryConnection();
        var serving = cluster.Gateway.Gateway!.ServeAsync(connection.Server, "test", connection.Ended);

        clock.Advance(TimeSpan.FromSeconds(10));

        var end = await Assert.ThrowsAsync<RpcException>(() => serving);
        Assert.Contains("hello", end.Message, StringComparison.Ordinal);
    }

    private static async Task<RpcException> EndOfAsync(RemoteCluster cluster, byte[] bytes)
    {
        await using var connection = new MemoryConnection();
        var serving = cluster.Gateway.Gateway!.ServeAsync(connection.Server, "test", connection.Ended);
        await connection.WriteAsync(RemoteFrame.CopyOf(bytes));
        return await Assert.ThrowsAsync<RpcException>(() => serving);
    }

    private static async Task AdvanceUntilAttemptAsync(ManualTimeProvider clock, MemoryGateway gateway, int attempt)
    {
        while (gateway.Attempts < attempt)
        {
            CancellationToken.ThrowIfCancellationRequested();
            clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }
    }

    // A call in the moment between loss and return fails, as it should; the client itself needs no help.
    private static async Task<T> UntilConnectedAsync<T>(Func<Task<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (SiloUnavailableException)
            {
                CancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }
}
