using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>
/// Messages of a WebSocket, each a record. With a cursor the address or the first messages say where the source stands, so that the other end can go on there; without one
/// messages that come while there is no connection are lost.
/// </summary>
/// <param name="config">Where to connect, what to say first, and how messages are written.</param>
public sealed class WebSocketSource(WebSocketConfig config) : MessageSource(config.Format, config.Endpoint, config.Cursor, config.Metadata)
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "websocket";

    private const int ReadBytes = 16 * 1024;
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(20);

    private protected override async Task<Func<long, TimeSpan?>> ReadAsync(ChannelWriter<SourceMessage> messages, CancellationToken cancellationToken)
    {
        using var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = socket.Options.KeepAliveTimeout = KeepAlive;
        socket.Options.CollectHttpResponseDetails = true;
        foreach (var (name, value) in Client.Headers)
        {
            socket.Options.SetRequestHeader(name, value);
        }

        await ConnectAsync(socket, cancellationToken);
        foreach (var message in config.Messages)
        {
            var text = System.Text.Encoding.UTF8.GetBytes(WebClient.TextOf(message, Cursor));
            await Client.BoundedAsync(
                async token =>
                {
                    await socket.SendAsync(text, WebSocketMessageType.Text, endOfMessage: true, token);
                    return true;
                },
                cancellationToken);
        }

        var buffer = new ArrayBufferWriter<byte>();
        var isTooLong = false;
        while (true)
        {
            var read = await ReceiveAsync(socket, buffer.GetMemory(ReadBytes), cancellationToken);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return _ => Client.Retries.FirstBackoff;
            }

            isTooLong |= buffer.WrittenCount + read.Count > MessageBytesMax;
            buffer.Advance(isTooLong ? 0 : read.Count);
            if (read.EndOfMessage)
            {
                await messages.WriteAsync(
                    isTooLong ? new SourceMessage { Problem = $"it is longer than {MessageBytesMax} bytes" } : new SourceMessage(buffer.WrittenSpan.ToArray()) { Event = read.MessageType == WebSocketMessageType.Text ? "text" : "binary" }, cancellationToken);
                buffer.ResetWrittenCount();
                isTooLong = false;
            }
        }
    }

    private async Task ConnectAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        try
        {
            await Client.BoundedAsync(
                async token =>
                {
                    await socket.ConnectAsync(Client.AddressOf(Cursor), token);
                    return true;
                },
                cancellationToken);
        }
        catch (WebFailureException exception) when ((int)socket.HttpStatusCode is >= 400 and var status && !WebClient.IsTransient(status))
        {
            throw Client.Refused(exception.Message);
        }
    }

    /// <summary>Silence is no failure: the protocol's own pings find out whether the other end is there.</summary>
    private static async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(ClientWebSocket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellationToken);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException && !cancellationToken.IsCancellationRequested)
        {
            throw new WebFailureException(exception.Message, cause: exception);
        }
    }
}
