using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Kafka;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>Tables of topics of Kafka.</summary>
internal sealed class KafkaConnector : StreamConnector
{
    private const string Properties = "kafka.";
    private const long HeldBytesMaxMax = 1L << 30;

    public override string Name => "kafka";

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type,
        new("bootstrap_servers", "host:port of some brokers, between commas. Required."),
        new("topic", "The topic, which has to be there. Required."),
        new("source.offset", "Where a job that begins reads: earliest, latest, or group, which is where group_id stands (a partition where it does not, from its beginning). Default earliest."),
        new("source.group_id", "A group that is told at checkpoints where the source stands; it divides nothing. Default none."),
        new("source.read_mode", "read_committed, or read_uncommitted: with records of transactions that are open or were aborted. Default read_committed."),
        new("source.discovery_interval", "How often new partitions are looked for, 1 second to 1 hour. Default 30 seconds."),
        new("sink.key_field", "The column whose text is the key of records. Default none."),
        new("sink.commit_mode", "at_least_once, or exactly_once: rows become visible with their checkpoint, in a transaction. Default at_least_once."),
        new("sink.transactional_id", "Exactly once: what the ids of transactions, and of the groups that mark their ends, begin with; of this job alone. Required then."),
        new("sink.transaction_max_bytes", "Exactly once: bytes of rows that a subtask holds from one checkpoint to the next, 1024 to 1073741824; more end the job. Default 67108864."),
        new("kafka.*", "Properties of the client (librdkafka), such as kafka.security.protocol = 'sasl_ssl', kafka.sasl.mechanism, kafka.sasl.username, kafka.sasl.password = '${KAFKA}'. ${NAME} stands for the worker's environment variable FLOW_SECRET_NAME. Those that decide what is read or written twice are the connector's."),
        .. FormatOptions.All,
    ];

    public override IReadOnlyList<ConnectorMetadata> Metadata { get; } =
    [
        new("topic", [ArrowType.Utf8], "The topic."),
        new("partition", [ArrowType.Int32], "The partition of the record."),
        new("offset", [ArrowType.Int64], "The place of the record in its partition, from 0."),
        new("offset_id", [ArrowType.Int64], "The same, by another name."),
        new("timestamp", [ArrowType.Timestamp(TimeUnit.Microsecond), ArrowType.Int64], "The time of the record in UTC; as BIGINT milliseconds since 1970. That of reading where the record has none."),
        new("key", [ArrowType.Utf8, ArrowType.Binary], "The key of the record; null: it has none. One that is no UTF-8 is bad data as TEXT."),
        new("headers", [ArrowType.Utf8], "All headers as an object of JSON: texts; {\"base64\": ...} where a value is no UTF-8; an array where a name is there several times. {} for none."),
        new(KafkaRows.HeaderPrefix + "*", [ArrowType.Utf8, ArrowType.Binary], "The header of that name, such as 'header:trace-id', of several the last; null: it has none. One that is no UTF-8 is bad data as TEXT."),
    ];

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: true);
        var config = new KafkaSourceConfig
        {
            Client = Client(options),
            Format = FormatOptions.Read(options, null, TableMetadata.DataOf(table, columns), isMessage: true),
            Metadata = { TableMetadata.Of(table) },
            Start = options.OneOf("source.offset", KafkaStart.Earliest, ("earliest", KafkaStart.Earliest), ("latest", KafkaStart.Latest), ("group", KafkaStart.Group)),
            Group = options.Text("source.group_id"),
            ReadsUncommitted = options.OneOf("source.read_mode", false, ("read_committed", false), ("read_uncommitted", true)),
            DiscoveryMicros = options.Time("source.discovery_interval", TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)).Ticks / TimeSpan.TicksPerMicrosecond,
        };
        return config.Start == KafkaStart.Group && config.Group.Length == 0
            ? throw options.Bad("the option source.offset is 'group', which needs source.group_id")
            : new StreamOperatorPlan(KafkaSource.Kind, config) { Schema = new ArrowSchema([.. columns.Fields, EventTime.Field]) };
    }

    public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: false);
        var key = options.Text("sink.key_field");
        if (key.Length > 0 && columns.Fields.Count > 0 && columns.TryIndexOf(key) < 0)
        {
            throw options.Bad($"the option sink.key_field names '{key}'; the table has the columns: {string.Join(", ", columns.Fields.Select(column => column.Name))}");
        }

        var isExactlyOnce = options.OneOf("sink.commit_mode", false, ("at_least_once", false), ("exactly_once", true));
        return new StreamOperatorPlan(KafkaSink.Kind, new KafkaSinkConfig
        {
            Client = Client(options),
            Rows = FormatOptions.ReadSink(options, null, columns, isMessage: true),
            KeyColumn = key,
            IsExactlyOnce = isExactlyOnce,
            TransactionalId = isExactlyOnce ? options.Require("sink.transactional_id", "orders-totals") : options.Text("sink.transactional_id"),
            HeldBytesMax = options.Whole("sink.transaction_max_bytes", 0, 1_024, HeldBytesMaxMax),
        });
    }

    private static KafkaClient Client(ConnectorOptions options)
    {
        var client = new KafkaClient { Servers = options.Require("bootstrap_servers", "broker-1:9092,broker-2:9092"), Topic = options.Require("topic", "orders") };
        foreach (var (name, value) in options.Under(Properties))
        {
            client.Properties[name] = KafkaClients.IsFree(name) ? value : throw options.Bad($"the option kafka.{name} is decided by the connector; leave it out");
        }

        return client;
    }
}
