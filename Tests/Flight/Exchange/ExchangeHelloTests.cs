using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight.Exchange;

/// <summary>First bytes that are not those of this version's client.</summary>
public sealed class ExchangeHelloTests
{
    private const int TimeoutMs = 30_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Hello_OfAnotherProtocol_IsRefused() =>
        await ExpectRefusalAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), RpcStatusCode.InvalidArgument, ExchangeFaults.BadMagic);

    [Theory(Timeout = TimeoutMs)]
    [InlineData(0, 0)]
    [InlineData(3, 2)]
    public async Task Hello_OfAnotherVersion_IsRefused(byte highest, byte lowest)
    {
        var hello = RawPeer.Hello;
        hello[4] = highest;
        hello[6] = lowest;
        await ExpectRefusalAsync(hello, RpcStatusCode.FailedPrecondition, ExchangeFaults.BadVersion);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Hello_OfANewerPeerThatStillKnowsThisVersion_IsTaken()
    {
        var hello = RawPeer.Hello;
        hello[4] = 9;
        var host = ExchangeHost.Start(ExchangeHost.Unix, _ => Task.CompletedTask);
        using var peer = await RawPeer.ConnectAsync(host);
        await peer.SendAsync(hello);
        Assert.Null(await peer.ReadAnswerAsync());
        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Hello_LongerThanTheLimit_IsRefused()
    {
        var hello = RawPeer.Hello;
        hello[10] = 2;
        await ExpectRefusalAsync(hello, RpcStatusCode.ResourceExhausted, ExchangeFaults.MessageTooLarge);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Hello_WithAFieldLongerThanItself_IsRefused()
    {
        var hello = RawPeer.Hello;
        hello[ExchangeHandshake.StartBytes] = 200;
        await ExpectRefusalAsync(hello, RpcStatusCode.InvalidArgument, ExchangeFaults.Malformed);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Hello_ThatNeverComes_IsCutOffAfterItsTime()
    {
        var clock = new ManualTimeProvider();
        var host = ExchangeHost.Start(ExchangeHost.Unix, _ => Task.CompletedTask, options => options.TimeProvider = clock);
        using var peer = await RawPeer.ConnectAsync(host);
        while (clock.ArmedTimerCount == 0)
        {
            await Task.Yield();
        }

        clock.Advance(TimeSpan.FromSeconds(5));
        await peer.ReadEndAsync();
        await host.StopAndCountAsync();
    }

    private static async Task ExpectRefusalAsync(byte[] hello, RpcStatusCode code, string reason)
    {
        var host = ExchangeHost.Start(ExchangeHost.Unix, _ => Task.CompletedTask);
        using (var peer = await RawPeer.ConnectAsync(host))
        {
            await peer.SendAsync(hello);
            ExchangeBadPeerTests.ExpectFault(Assert.IsType<RpcStatus>(await peer.ReadAnswerAsync()), code, reason);
            await peer.ReadEndAsync();
        }

        // One bad peer does not keep others out.
        await using (var good = await host.OpenAsync())
        {
            await good.WaitForEndAsync(Token);
        }

        await host.StopAndCountAsync();
    }
}
