using Orleans.Configuration;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Calls;

/// <summary>Whose options say how long a caller waits.</summary>
public sealed class ResponseTimeoutTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly string _key = Guid.NewGuid().ToString("N");

    [Fact(Timeout = 30_000)]
    public async Task Timeout_OfTheSilo_IsForCallsOfGrains()
    {
        await using var cluster = await TestClusters.StartAsync(
            clock: _clock,
            configure: static silo => silo.Configure<SiloMessagingOptions>(static options => options.ResponseTimeout = TimeSpan.FromSeconds(5)),
            configureClient: static client => client.Configure<ClientMessagingOptions>(static options => options.ResponseTimeout = TimeSpan.FromHours(1)));

        // The other grain calls back and waits for this one, which waits for it.
        var call = cluster.Client.GetGrain<ITurnGrain>(_key, typeof(TurnGrain).FullName).CallBackAsync(allow: false);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
        await _clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => call.IsCompleted);

        var exception = await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Contains("00:00:05", exception.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Timeout_OfTheClient_IsForItsCalls()
    {
        await using var cluster = await TestClusters.StartAsync(
            clock: _clock,
            configureClient: static client => client.Configure<ClientMessagingOptions>(static options => options.ResponseTimeout = TimeSpan.FromSeconds(3)));
        var call = cluster.Client.GetGrain<ITurnGrain>(_key, typeof(TurnGrain).FullName).HoldAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        _clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(call.IsCompleted);
        await _clock.AdvanceUntilAsync(TimeSpan.FromSeconds(0.1), () => call.IsCompleted);

        var exception = await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Contains("00:00:03", exception.Message, StringComparison.Ordinal);
        Gates.Open(_key);
    }
}
