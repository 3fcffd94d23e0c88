using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Functions;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>
/// A table of a text whose rows go through a function of the host: <c>WITH (connector = 'function', kind = '...', function = 'name')</c>. What is inserted into it
/// is what the function gets, under the names of the query's columns; what is read from it is what the function makes, and its columns say what that is.
/// </summary>
/// <param name="Kind">Which kind of function.</param>
/// <param name="Function">Its name.</param>
/// <param name="KeyColumns">Names of the columns whose hash decides the subtask; none: rows go straight on.</param>
/// <param name="Config">What its operator is told; null for nothing.</param>
internal sealed record FunctionTable(string Kind, string Function, IReadOnlyList<string> KeyColumns, IMessage? Config)
{
    /// <summary>As <c>connector</c> names it.</summary>
    public const string Connector = "function";

    private static readonly TimeSpan LengthMax = TimeSpan.FromDays(36_500);

    private static readonly string[] Kinds = ["aggregate", "async", "process", "scalar", "table"];

    private static readonly ConnectorOption[] All =
    [
        new("kind", "Which kind of function: aggregate, async, process, scalar or table."),
        new("function", "Its name, as the host has it."),
        new("key", "Names of the columns of the key, with commas; of process and aggregate."),
    ];

    private static readonly ConnectorOption[] Calls =
    [
        new("order", "ordered or unordered. Default ordered."),
        new("timeout", "How long a call may take. Default 30 seconds."),
        new("in_flight", "Calls under way at most. Default 100."),
        new("attempts", "How often a row is tried. Default 1."),
        new("retry_delay", "Between two attempts. Default 1 second."),
    ];

    private static readonly ConnectorOption[] Windows =
    [
        new("window", "tumble, hop, cumulate or session."),
        new("width", "Of tumble, hop and cumulate."),
        new("slide", "Of hop."),
        new("step", "Of cumulate."),
        new("gap", "Of session."),
    ];

    /// <summary>The operator's kind.</summary>
    public string OperatorKind => $"{Kind}:{Function}";

    /// <summary>Reads the options of a table; null when its connector is another one.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: one is wrong or missing. <c>bad_input</c>: the table has what these tables do not have.</exception>
    public static FunctionTable? TryRead(CreateTableStatement statement)
    {
        if (statement.Options.GetValueOrDefault("connector") != Connector)
        {
            return null;
        }

        if (statement.Columns.Count == 0 || statement.Watermark is not null || statement.Columns.Any(column => column.Generated is not null) || statement.Query is not null)
        {
            throw new FlowException(
                FlowErrorCode.BadInput, $"Table '{statement.Name}' is of a function: it has columns, none of them generated, no WATERMARK and no query of its own; rows come by INSERT INTO.");
        }

        var word = statement.Options.GetValueOrDefault("kind") ?? "";
        var options = new ConnectorOptions(statement, [.. All, .. word switch { "async" => Calls, "aggregate" => Windows, _ => [] }]);
        var kind = options.OneOf("kind", "", [.. Kinds.Select(one => (one, one))]);
        if (kind.Length == 0)
        {
            throw options.Bad($"the option kind is missing; it is one of: {string.Join(", ", Kinds)}");
        }

        var function = options.Require("function", "enrich");
        var key = options.Text("key").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (kind is "process" or "aggregate" && key.Length == 0)
        {
            throw options.Bad($"a function of kind {kind} needs the option key, such as key = 'driver'");
        }

        if (kind is "scalar" or "table" or "async" && key.Length > 0)
        {
            throw options.Bad($"a function of kind {kind} has no key");
        }

        return new FunctionTable(kind, function, key, kind switch
        {
            "process" => new FieldMask { Paths = { key } },
            "async" => AsyncConfig(options),
            "aggregate" => AggregateConfig(options, key),
            _ => null,
        });
    }

    private static AsyncFunctionConfig AsyncConfig(ConnectorOptions options) => new()
    {
        Order = options.OneOf("order", AsyncOrder.Ordered, ("ordered", AsyncOrder.Ordered), ("unordered", AsyncOrder.Unordered)),
        TimeoutMicros = Micros(options.Time("timeout", TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1))),
        InFlightMax = (uint)options.Whole("in_flight", 100, 1, AsyncLimits.InFlightMax),
        AttemptsMax = (uint)options.Whole("attempts", 1, 1, AsyncLimits.AttemptsMax),
        RetryDelayMicros = Micros(options.Time("retry_delay", TimeSpan.FromSeconds(1), TimeSpan.Zero, TimeSpan.FromHours(1))),
    };

    private static AggregateFunctionConfig AggregateConfig(ConnectorOptions options, string[] key)
    {
        long Length(string name) => Micros(options.Has(name) ? options.Time(name, default, TimeSpan.FromMicroseconds(1), LengthMax) : throw options.Bad($"the option {name} is missing"));
        var config = new AggregateFunctionConfig { KeyColumns = { key } };
        switch (options.OneOf("window", "", ("tumble", "tumble"), ("hop", "hop"), ("cumulate", "cumulate"), ("session", "session")))
        {
            case "tumble":
                config.Tumbling = new TumblingWindow { WidthMicros = Length("width") };
                break;
            case "hop":
                config.Hopping = new HoppingWindow { SlideMicros = Length("slide"), WidthMicros = Length("width") };
                break;
            case "cumulate":
                config.Cumulating = new CumulatingWindow { StepMicros = Length("step"), WidthMicros = Length("width") };
                break;
            case "session":
                config.Session = new SessionWindow { GapMicros = Length("gap") };
                break;
            default:
                throw options.Bad("an aggregate function needs the option window, such as window = 'tumble', width = '1 minute'");
        }

        return config;
    }

    private static long Micros(TimeSpan length) => length.Ticks / TimeSpan.TicksPerMicrosecond;
}
