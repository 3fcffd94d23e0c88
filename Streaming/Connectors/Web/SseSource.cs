using System.Threading.Channels;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;

namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>
/// Server-sent events: the data of each is a record. The id of the last event is part of each checkpoint, and a new connection asks for what is behind it by
/// <c>Last-Event-ID</c>; what the other end has forgotten by then is lost. It ends with an answer of status 204.
/// </summary>
/// <param name="config">Where events come from, which, and how their data is written.</param>
public sealed class SseSource(SseConfig config) : MessageSource(config.Format, config.Endpoint, cursor: null, config.Metadata)
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "sse";

    /// <summary>How long a connection may be silent, when nothing else is said.</summary>
    public static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromMinutes(5);

    private const string MediaType = "text/event-stream";
    private readonly TimeSpan _idleTimeout = config.IdleTimeoutMicros > 0 ? TimeSpan.FromMicroseconds(config.IdleTimeoutMicros) : DefaultIdleTimeout;

    private protected override async Task<Func<long, TimeSpan?>> ReadAsync(ChannelWriter<SourceMessage> messages, CancellationToken cancellationToken)
    {
        using var request = Client.Request(HttpMethod.Get, Cursor);
        request.Headers.TryAddWithoutValidation("Accept", MediaType);
        request.Headers.TryAddWithoutValidation("Cache-Control", "no-store");
        if (Cursor.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", Cursor);
        }

        using var answer = await Client.SendAsync(request, cancellationToken);
        if (answer.StatusCode == System.Net.HttpStatusCode.NoContent)
        {
            return static _ => null;
        }

        if (answer.Content.Headers.ContentType?.MediaType != MediaType)
        {
            throw Client.Refused($"the answer is of type {answer.Content.Headers.ContentType?.MediaType ?? "(none)"}, and no {MediaType}");
        }

        var events = new SseEvents(config.Events, MessageBytesMax);
        await using var lines = new RecordReader(await answer.Content.ReadAsStreamAsync(cancellationToken), new NewlineFramer(), MessageBytesMax, cutsLong: false);
        do
        {
            while (TryNext(lines, events, out var message))
            {
                await messages.WriteAsync(message, cancellationToken);
            }
        }
        while (await Client.BoundedAsync(_idleTimeout, "idle_timeout", token => lines.FillAsync(token).AsTask(), cancellationToken));

        return _ => Client.Retries.After(1, events.Retry);
    }

    private static bool TryNext(RecordReader lines, SseEvents events, out SourceMessage message)
    {
        while (true)
        {
            try
            {
                if (!lines.TryRead(out var line))
                {
                    message = default;
                    return false;
                }

                if (events.TryEnd(line, out message))
                {
                    return true;
                }
            }
            catch (BadRecordException)
            {
                events.MissLine();
            }
        }
    }
}
