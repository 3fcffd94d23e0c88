using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Web;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>The options of connectors that speak to a service of the web.</summary>
internal static class WebOptions
{
    private const int AttemptsMaxMax = 1_000;
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>Those of all of them.</summary>
    public static IReadOnlyList<ConnectorOption> Endpoint { get; } =
    [
        new("endpoint", "Its absolute address, http:// or https:// (ws:// or wss:// of a websocket). Required."),
        new("headers", "Headers of each request, 'Name: value', one a line or between semicolons. ${NAME} in a value stands for the worker's environment variable FLOW_SECRET_NAME. Default none."),
        new("timeout", "How long an answer may take, 1 ms to 1 hour. Default 30 seconds."),
        new("retry.max_attempts", "Tries in a row that may fail, 1 to 1000; one more ends the job. Statuses 408, 425, 429, those from 500 on and failed connections are tried again, others end the job. Default 10."),
        new("retry.first_backoff", "The wait behind the first failure, 1 ms to 1 hour; doubled with each. Retry-After of the other end counts instead. Default 500 ms."),
        new("retry.max_backoff", "The longest wait, 1 ms to 1 hour. Default 30 seconds."),
    ];

    /// <summary>Where a message came from.</summary>
    public static ConnectorMetadata Url { get; } = new("url", [ArrowType.Utf8], "The address that it came from, without a query and credentials.");

    /// <summary>When a message came.</summary>
    public static ConnectorMetadata Received { get; } =
        new("received", [ArrowType.Timestamp(TimeUnit.Microsecond), ArrowType.Int64], "When it came, in UTC, by the worker's clock; as BIGINT milliseconds since 1970. A row that comes again behind a restart has another.");

    /// <summary>Those of the requests of HTTP.</summary>
    public static ConnectorOption Method { get; } = new("method", "The method of the requests. Default GET; POST of a webhook.");

    /// <summary>Those of a source that says where it stands.</summary>
    public static IReadOnlyList<ConnectorOption> Cursor { get; } =
    [
        new("cursor.column", "A column whose value in the last row says where the source stands; {cursor} stands for it in what is sent. It is part of each checkpoint. Default none."),
        new("cursor.initial", "What stands for {cursor} before the first row. Default nothing."),
    ];

    /// <summary>Reads those of an endpoint.</summary>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>: one is wrong or missing.</exception>
    public static WebEndpoint Read(ConnectorOptions options, string example, params string[] schemes)
    {
        var url = options.Require("endpoint", example);
        if (!Uri.TryCreate(url.Replace("{cursor}", "", StringComparison.Ordinal), UriKind.Absolute, out var uri) || !schemes.Contains(uri.Scheme))
        {
            throw options.Bad($"the option endpoint is '{WebClient.ShownOf(url)}'; it is an absolute address that begins with {string.Join(" or ", schemes.Select(scheme => scheme + "://"))}");
        }

        var endpoint = new WebEndpoint
        {
            Url = url,
            Method = options.Has("method") ? Word(options, "method").ToUpperInvariant() : "",
            Body = options.Text("body"),
            TimeoutMicros = Micros(options, "timeout"),
            AttemptsMax = (int)options.Whole("retry.max_attempts", 0, 1, AttemptsMaxMax),
            FirstBackoffMicros = Micros(options, "retry.first_backoff"),
            MaxBackoffMicros = Micros(options, "retry.max_backoff"),
        };
        foreach (var line in options.Text("headers").Split(['\n', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line[..colon].AsSpan().IndexOfAnyExcept(Token) >= 0 || line.Contains('\r', StringComparison.Ordinal))
            {
                throw options.Bad("the option headers is no list of 'Name: value', one a line or between semicolons");
            }

            endpoint.Headers.Add(new WebHeader { Name = line[..colon], Value = line[(colon + 1)..].Trim() });
        }

        return endpoint;
    }

    /// <summary>Reads those of a cursor.</summary>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>: the table does not have its column, or nothing is sent that holds it.</exception>
    public static WebCursor? ReadCursor(ConnectorOptions options, Arrow.ArrowSchema columns, params ReadOnlySpan<string> sent)
    {
        var isNamed = false;
        foreach (var text in sent)
        {
            isNamed |= text.Contains("{cursor}", StringComparison.Ordinal);
        }

        if (isNamed != options.Has("cursor.column"))
        {
            throw options.Bad("the option cursor.column and {cursor} in what is sent belong together, and only one of them is there");
        }

        if (!isNamed)
        {
            return null;
        }

        var column = options.Text("cursor.column");
        return columns.TryIndexOf(column) >= 0
            ? new WebCursor { Column = column, Initial = options.Text("cursor.initial") }
            : throw options.Bad($"the option cursor.column is '{column}'; the table has the columns: {string.Join(", ", columns.Fields.Select(field => field.Name))}");
    }

    /// <summary>A length of time in microseconds; 0 when it is not written.</summary>
    public static long Micros(ConnectorOptions options, string name) => options.Time(name, TimeSpan.Zero, ShortestWait, LongestWait).Ticks / TimeSpan.TicksPerMicrosecond;

    private static readonly System.Buffers.SearchValues<char> Token = System.Buffers.SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static string Word(ConnectorOptions options, string name) =>
        options.Text(name) is { Length: > 0 } word && word.AsSpan().IndexOfAnyExcept(Token) < 0 ? word : throw options.Bad($"the option {name} is '{options.Text(name)}'; it is a word such as GET");
}
