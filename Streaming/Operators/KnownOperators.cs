using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Connectors.Files;
using OrleansFlow.Streaming.Connectors.Kafka;
using OrleansFlow.Streaming.Connectors.Nexmark;
using OrleansFlow.Streaming.Connectors.Postgres;
using OrleansFlow.Streaming.Connectors.Redis;
using OrleansFlow.Streaming.Connectors.Streams;
using OrleansFlow.Streaming.Connectors.Web;
using OrleansFlow.Streaming.Joins.Lookups;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Operators;

/// <summary>The operators that every worker has.</summary>
public static class KnownOperators
{
    /// <summary>Adds those that need no engine, the connectors among them.</summary>
    /// <param name="registry">Where to.</param>
    /// <param name="streams">Streams of Orleans that jobs may read and write; null for none.</param>
    /// <returns>The registry.</returns>
    public static OperatorRegistry AddKnown(this OperatorRegistry registry, IEventStreams? streams = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return registry
            .Add(ImpulseSource.Kind, definition => new ImpulseSource(Read(ImpulseConfig.Parser, definition)))
            .Add(NexmarkSource.Kind, definition => new NexmarkSource(Read(NexmarkConfig.Parser, definition)))
            .Add(WatermarkOperator.Kind, definition => new WatermarkOperator(Read(WatermarkConfig.Parser, definition)))
            .Add(WindowOperator.Kind, definition => WindowOperator.Create(definition, Read(WindowConfig.Parser, definition)))
            .Add(ChangingWindowOperator.Kind, definition => ChangingWindowOperator.Create(definition, Read(ChangingWindowConfig.Parser, definition)))
            .Add(TotalsOperator.Kind, definition => TotalsOperator.Create(definition, Read(TotalsConfig.Parser, definition)))
            .Add(MergeOperator.Kind, definition => new MergeOperator(definition))
            .Add(SingleFileSource.Kind, definition => new SingleFileSource(Read(FileSourceConfig.Parser, definition)))
            .Add(SingleFileSink.Kind, definition => new SingleFileSink(Read(SingleFileSinkConfig.Parser, definition)))
            .Add(FilesystemSource.Kind, definition => new FilesystemSource(Read(FilesystemSourceConfig.Parser, definition)))
            .Add(FilesystemSink.Kind, definition => new FilesystemSink(Read(FilesystemSinkConfig.Parser, definition)))
            .Add(HttpPollingSource.Kind, definition => new HttpPollingSource(Read(HttpPollingConfig.Parser, definition)))
            .Add(SseSource.Kind, definition => new SseSource(Read(SseConfig.Parser, definition)))
            .Add(WebSocketSource.Kind, definition => new WebSocketSource(Read(WebSocketConfig.Parser, definition)))
            .Add(WebhookSink.Kind, definition => new WebhookSink(Read(WebhookConfig.Parser, definition)))
            .Add(PostgresSource.Kind, definition => new PostgresSource(Read(PostgresSourceConfig.Parser, definition)))
            .Add(PostgresSink.Kind, definition => new PostgresSink(Read(PostgresSinkConfig.Parser, definition)))
            .Add(RedisSink.Kind, definition => new RedisSink(Read(RedisSinkConfig.Parser, definition)))
            .AddLookup(RedisLookup.Kind, definition => new RedisLookup(RedisLookupConfig.Parser.ParseFrom(definition.Config.Span), definition))
            .Add(OrleansSource.Kind, definition => new OrleansSource(Read(OrleansSourceConfig.Parser, definition), streams))
            .Add(OrleansSink.Kind, definition => new OrleansSink(Read(OrleansSinkConfig.Parser, definition), streams))
            .AddLookup(PostgresLookup.Kind, definition => new PostgresLookup(PostgresLookupConfig.Parser.ParseFrom(definition.Config.Span), definition))
            .AddLookup(FileLookup.Kind, definition => new FileLookup(FileLookupConfig.Parser.ParseFrom(definition.Config.Span), definition))
            .Add(KafkaSource.Kind, definition => new KafkaSource(Read(KafkaSourceConfig.Parser, definition)))
            .Add(KafkaSink.Kind, definition => new KafkaSink(Read(KafkaSinkConfig.Parser, definition)))
            .Add(StdoutSink.Kind, definition => new StdoutSink(Console.OpenStandardOutput(), Read(RowSinkConfig.Parser, definition)))
            .Add(BlackholeSink.Kind, _ => new BlackholeSink());
    }

    /// <summary>Reads what an operator is told.</summary>
    /// <exception cref="FlowException">The bytes are no such message (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static TConfig Read<TConfig>(MessageParser<TConfig> parser, OperatorDefinition definition)
        where TConfig : IMessage<TConfig>
    {
        ArgumentNullException.ThrowIfNull(parser);
        ArgumentNullException.ThrowIfNull(definition);
        try
        {
            return parser.ParseFrom(definition.Config.Span);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The config of operator '{definition.Id}' is no {typeof(TConfig).Name}: {exception.Message}", exception);
        }
    }
}
