using System.Net;
using System.Net.Sockets;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Rpc;

public sealed class RpcConnectionStreamTests
{
    /// <summary>Sizes of reads around the bounds where the stream begins to read ahead, and where it stops using its buffer.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4_096)]
    [InlineData((8 * 1024) - 1)]
    [InlineData(8 * 1024)]
    [InlineData(16_393)]
    [InlineData((128 * 1024) - 1)]
    [InlineData(128 * 1024)]
    [InlineData(1024 * 1024)]
    public async Task ReadAsync_WithReadsOfOneSize_GivesEveryByteInOrderAndThenTheEnd(int readBytes)
    {
        var sent = new byte[(readBytes == 1 ? 10_000 : 1_000_000) + 7];
        new Random(1).NextBytes(sent);
        var (stream, peer) = await ConnectAsync();
        await using var _ = stream;
        var sending = SendAsync(peer, sent);

        var received = new MemoryStream();
        var buffer = new byte[readBytes];
        while (await stream.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read)
        {
            received.Write(buffer.AsSpan(0, read));
        }

        await sending;
        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
    }

    [Fact]
    public async Task ReadAsync_OfMixedSizesAndKinds_GivesEveryByteInOrder()
    {
        var sent = new byte[2_000_000];
        new Random(1).NextBytes(sent);
        var (stream, peer) = await ConnectAsync();
        await using var _ = stream;
        var sending = SendAsync(peer, sent);

        var received = new byte[sent.Length];
        int[] sizes = [9, 16_384, 0, 200_000, 1, 8_192, 131_072];
        var at = 0;
        for (var turn = 0; at < received.Length; turn++)
        {
            var memory = received.AsMemory(at, Math.Min(sizes[turn % sizes.Length], received.Length - at));
            at += turn % 3 == 0
                ? stream.Read(memory.Span)
                : await stream.ReadAsync(memory, TestContext.Current.CancellationToken);
        }

        await sending;
        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    [Fact]
    public async Task ReadAsync_Cancelled_LosesNothing()
    {
        var (stream, peer) = await ConnectAsync();
        await using var _ = stream;
        var bulk = new byte[64 * 1024];
        await peer.SendAsync(bulk, TestContext.Current.CancellationToken);
        var buffer = new byte[16 * 1024];
        for (var left = bulk.Length; left > 0;)
        {
            left -= await stream.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, left)), TestContext.Current.CancellationToken);
        }

        using var stop = new CancellationTokenSource();
        var reading = stream.ReadAsync(buffer, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await peer.SendAsync(new byte[] { 42 }, TestContext.Current.CancellationToken);

        Assert.Equal(1, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken));
        Assert.Equal(42, buffer[0]);
        peer.Dispose();
    }

    private static async Task<(RpcConnectionStream Stream, Socket Peer)> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        return (new RpcConnectionStream(socket), await listener.AcceptAsync(TestContext.Current.CancellationToken));
    }

    private static async Task SendAsync(Socket peer, byte[] bytes)
    {
        using (peer)
        {
            for (var at = 0; at < bytes.Length;)
            {
                at += await peer.SendAsync(bytes.AsMemory(at), TestContext.Current.CancellationToken);
            }

            peer.Shutdown(SocketShutdown.Send);
        }
    }
}
