using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Postgres;
using OrleansFlow.Streaming.Connectors.Redis;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>Strings, hashes and lists of Redis.</summary>
internal sealed class RedisConnector : StreamConnector
{
    private const int AttemptsMaxMax = 1_000;
    private static readonly TimeSpan TtlMax = TimeSpan.FromDays(3_650);

    public override string Name => "redis";

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type,
        new("address", "redis://host:port, or rediss://host:port for TLS, perhaps with /database; several nodes of a cluster between commas. Here and in username and password ${NAME} stands for the worker's environment variable FLOW_SECRET_NAME. Required."),
        new("username", "Who asks. Default: the server's default user."),
        new("password", "The password. Default none."),
        new("key_prefix", "What keys begin with; without a column of the key it is the whole key. Default nothing."),
        new("target", "Sink: string: a key holds the last row of its key; hash: a key holds fields; list: a key holds rows. Required of a sink."),
        new("target.key_column", "Sink: the column whose value stands behind key_prefix. Default: the PRIMARY KEY, if it is one column; else none."),
        new("target.field_column", "Sink, hash: the column whose value is the field that a row is written to. Default: each column is a field, and one that is null is none."),
        new("target.ttl", "Sink: a key goes so long after it was written last, such as '1 hour'; 1 ms to 3650 days. Default: never."),
        new("target.operation", "Sink, list: append: rows go to the end; prepend: to the start. Default append."),
        new("target.max_length", "Sink, list: the rows that are kept, the newest ones. Default: all."),
        new("staging.ttl", "Sink, list: how long rows wait for their checkpoint; a job that is away for longer behind a checkpoint whose commit failed loses them. 1 minute to 3650 days. Default 7 days."),
        new("lookup.value", "Lookup: string: a key holds an object of JSON; hash: its fields are the columns. Default string."),
        new("retry.max_attempts", "Sink: tries in a row that may fail, 1 to 1000; one more ends the job. Default 10."),
        new("retry.first_backoff", "Sink: the wait behind the first failure, 1 ms to 1 hour; doubled with each. Default 500 ms."),
        new("retry.max_backoff", "Sink: the longest wait, 1 ms to 1 hour. Default 30 seconds."),
        .. FormatOptions.All,
    ];

    public override bool TakesChanges(CreateTableStatement table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return !string.Equals(table.Options.GetValueOrDefault("target"), "list", StringComparison.OrdinalIgnoreCase);
    }

    public override bool GivesChanges(CreateTableStatement table) => false;

    public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: false);
        if (columns.Fields.Count == 0)
        {
            throw options.Bad("a table of Redis that is written needs its columns");
        }

        options.Require("target", "string");
        var rows = FormatOptions.ReadSink(options, null, columns, isMessage: true);
        if (rows.Format.Kind == FormatKind.DebeziumJson)
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"Table '{table.Name}': rows that are taken back remove their key, so that there are no envelopes in Redis. Leave the option format out.");
        }

        var target = options.OneOf("target", RedisTarget.String, ("string", RedisTarget.String), ("list", RedisTarget.List), ("hash", RedisTarget.Hash));
        var config = new RedisSinkConfig
        {
            Endpoint = Endpoint(options, table.Name),
            Target = target,
            Rows = rows,
            KeyPrefix = options.Text("key_prefix"),
            KeyColumn = Column(options, columns, "target.key_column", options.PrimaryKey.Count == 1 ? options.PrimaryKey[0] : ""),
            FieldColumn = Column(options, columns, "target.field_column", ""),
            TtlMicros = Micros(options, "target.ttl", TimeSpan.FromMilliseconds(1), TtlMax),
            Prepends = options.OneOf("target.operation", false, ("append", false), ("prepend", true)),
            LengthMax = options.Whole("target.max_length", 0, 1),
            StagingTtlMicros = Micros(options, "staging.ttl", TimeSpan.FromMinutes(1), TtlMax),
        };
        foreach (var (option, its) in new[] { ("target.operation", RedisTarget.List), ("target.max_length", RedisTarget.List), ("staging.ttl", RedisTarget.List), ("target.field_column", RedisTarget.Hash) })
        {
            if (options.Has(option) && its != target)
            {
                throw options.Bad($"the option {option} is one of target = '{(its == RedisTarget.List ? "list" : "hash")}'");
            }
        }

        return config.KeyPrefix.Length + config.KeyColumn.Length > 0
            ? new StreamOperatorPlan(RedisSink.Kind, config)
            : throw options.Bad("it needs a key: a PRIMARY KEY of one column, the option target.key_column, or the option key_prefix");
    }

    public override IReadOnlyList<string> LookupMetadata => ["key"];

    public override StreamOperatorPlan Lookup(CreateTableStatement table, ArrowSchema columns)
    {
        var options = LookupOptionsOf(table);
        if (options.PrimaryKey.Count != 1)
        {
            throw options.Bad("a lookup in Redis has a PRIMARY KEY of one column");
        }

        using (new PostgresRows(table.Name, new ArrowSchema([.. columns.Fields, EventTime.Field]), null))
        {
            // Tells wrong columns when the text is planned.
        }

        return new StreamOperatorPlan(RedisLookup.Kind, new RedisLookupConfig
        {
            Endpoint = Endpoint(options, table.Name), KeyPrefix = options.Text("key_prefix"), IsHash = options.OneOf("lookup.value", false, ("string", false), ("hash", true)),
        });
    }

    private static RedisEndpoint Endpoint(ConnectorOptions options, string table)
    {
        var endpoint = new RedisEndpoint
        {
            Address = options.Require("address", "redis://localhost:6379"), Username = options.Text("username"), Password = options.Text("password"),
            AttemptsMax = (int)options.Whole("retry.max_attempts", 0, 1, AttemptsMaxMax),
            FirstBackoffMicros = Micros(options, "retry.first_backoff", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)),
            MaxBackoffMicros = Micros(options, "retry.max_backoff", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)),
        };
        if (!endpoint.Address.Contains("${", StringComparison.Ordinal))
        {
            RedisClient.ReadAddress(endpoint.Address, table);
        }

        return endpoint;
    }

    private static string Column(ConnectorOptions options, ArrowSchema columns, string option, string fallback) =>
        options.Text(option, fallback) is var name && (name.Length == 0 || columns.TryIndexOf(name) >= 0) ? name : throw options.Bad($"the option {option} is '{name}'; the columns are ({columns})");

    private static long Micros(ConnectorOptions options, string name, TimeSpan min, TimeSpan max) => options.Time(name, TimeSpan.Zero, min, max).Ticks / TimeSpan.TicksPerMicrosecond;
}
