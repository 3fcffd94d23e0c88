using System.Buffers;
using System.Security.Cryptography;
using System.Threading.Channels;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>
/// The answers to the same request, made again and again. An answer is given out as a whole between two checkpoints. With a cursor the request says where the source stands,
/// so that over a restart no row is lost or comes twice; an answer with rows is then followed by the next request at once.
/// </summary>
/// <param name="config">What to ask, how often, and how answers are written.</param>
public sealed class HttpPollingSource(HttpPollingConfig config) : MessageSource(config.Format, config.Endpoint, config.Cursor, config.Metadata)
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "http_polling";

    /// <summary>From an answer to the next request, when nothing else is said.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    private const int ReadBytes = 16 * 1024;

    private readonly TimeSpan _interval = config.IntervalMicros > 0 ? TimeSpan.FromMicroseconds(config.IntervalMicros) : DefaultInterval;
    private readonly bool _hasCursor = config.Cursor is { Column.Length: > 0 };

    private protected override async Task<Func<long, TimeSpan?>> ReadAsync(ChannelWriter<SourceMessage> messages, CancellationToken cancellationToken)
    {
        using var request = Client.Request(HttpMethod.Get, Cursor);
        using var answer = await Client.SendAsync(request, cancellationToken);
        var body = await Client.BoundedAsync(token => ReadAsync(answer, token), cancellationToken);
        if (body is null)
        {
            await messages.WriteAsync(new SourceMessage { Problem = $"it is longer than {MessageBytesMax} bytes" }, cancellationToken);
        }
        else if (!config.EmitsChangedOnly)
        {
            await messages.WriteAsync(new SourceMessage(body) { Status = (int)answer.StatusCode }, cancellationToken);
        }
        else if (SHA256.HashData(body) is var hash && !Position.BodyHash.Span.SequenceEqual(hash))
        {
            await messages.WriteAsync(new SourceMessage(body) { Hash = hash, Status = (int)answer.StatusCode }, cancellationToken);
        }

        return rowCount => _hasCursor && rowCount > 0 ? TimeSpan.Zero : _interval;
    }

    /// <returns>Null for one that is too long.</returns>
    private async Task<byte[]?> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var body = new ArrayBufferWriter<byte>();
        while (await stream.ReadAsync(body.GetMemory(ReadBytes), cancellationToken) is var read and > 0)
        {
            body.Advance(read);
            if (body.WrittenCount > MessageBytesMax)
            {
                return null;
            }
        }

        return body.WrittenSpan.ToArray();
    }
}
