using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Sql.Connectors;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>The connectors that every worker has.</summary>
public static class KnownConnectors
{
    /// <summary>impulse, nexmark, single_file, filesystem, http_polling, sse, websocket, webhook, postgres, redis, orleans, kafka, stdout, blackhole.</summary>
    public static IReadOnlyList<StreamConnector> All { get; } =
    [
        new ImpulseConnector(),
        new NexmarkConnector(),
        new SingleFileConnector(),
        new FilesystemConnector(),
        new HttpPollingConnector(),
        new SseConnector(),
        new WebSocketConnector(),
        new WebhookConnector(),
        new PostgresConnector(),
        new RedisConnector(),
        new OrleansConnector(),
        new KafkaConnector(),
        new StdoutConnector(),
        new PlainConnector("blackhole", BlackholeSink.Kind),
    ];
}
