using System.Buffers.Binary;
using System.Net.Sockets;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight.Exchange;

/// <summary>A client that sends whatever bytes it likes.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static byte[] Hello => ExchangeHandshake.WriteHello(FlightTicket.FromText("any"), []);

    public static async Task<RawPeer> ConnectAsync(ExchangeHost host)
    {
        var peer = new RawPeer();
        await peer._socket.ConnectAsync(new UnixDomainSocketEndPoint(host.SocketPath), Token);
        return peer;
    }

    /// <summary>The head of a frame with any numbers in it.</summary>
    public static byte[] Head(byte kind, int header, int metadata, long body)
    {
        var bytes = new byte[ExchangeFrameHead.Bytes];
        bytes[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), header);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), metadata);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), body);
        return bytes;
    }

    public async Task SendAsync(params byte[][] parts)
    {
        foreach (var part in parts)
        {
            await _socket.SendAsync(part, SocketFlags.None, Token);
        }
    }

    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The listener's answer: null when the stream was let in.</summary>
    public async Task<RpcStatus?> ReadAnswerAsync()
    {
        var start = await ReadAsync(ExchangeHandshake.StartBytes);
        var length = ExchangeHandshake.ReadStart(start, ExchangeHandshake.PayloadBytesMax);
        return length == 0 ? null : ExchangeStatus.Read(await ReadAsync(length));
    }

    /// <summary>The status that ends a stream, which must be the next frame.</summary>
    public async Task<RpcStatus> ReadStatusAsync()
    {
        var head = ExchangeFrameHead.TryRead(await ReadAsync(ExchangeFrameHead.Bytes))!.Value;
        Assert.Equal(ExchangeFrameKind.Status, head.Kind);
        return ExchangeStatus.Read(await ReadAsync(head.AppMetadataBytes));
    }

    /// <summary>Waits until the listener has closed its side.</summary>
    public async Task ReadEndAsync() => Assert.Equal(0, await _socket.ReceiveAsync(new byte[1], SocketFlags.None, Token));

    public void Dispose() => _socket.Dispose();

    private async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            var received = await _socket.ReceiveAsync(bytes.AsMemory(read), SocketFlags.None, Token);
            Assert.NotEqual(0, received);
            read += received;
        }

        return bytes;
    }
}
