using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>The options of formats, the same for each connector that has them.</summary>
internal static class FormatOptions
{
    private const int RecordBytesMaxMax = 1 << 30;

    private static readonly (string Word, FormatKind Kind)[] Kinds =
    [
        ("json", FormatKind.Json), ("debezium_json", FormatKind.DebeziumJson), ("csv", FormatKind.Csv), ("raw_string", FormatKind.RawString), ("raw_bytes", FormatKind.RawBytes), ("parquet", FormatKind.Parquet), ("arrow", FormatKind.Arrow),
        ("avro", FormatKind.Avro), ("protobuf", FormatKind.Protobuf),
    ];

    /// <summary>Whether a table is read or written.</summary>
    public static ConnectorOption Type { get; } = new("type", "source or sink: a table of the one type is refused as the other. Default: whatever it is used as.");

    /// <summary>All others.</summary>
    public static IReadOnlyList<ConnectorOption> All { get; } =
    [
        new("format", "json, debezium_json (rows that change; a source needs a PRIMARY KEY), csv, raw_string, raw_bytes, parquet (files), arrow (files), avro, protobuf. Default: what the ending of a file's name says (.json .jsonl .ndjson .csv .parquet .arrow .feather, each text form also with .gz), else json."),
        new("json.unstructured", "true: any JSON value a record, as text in the one column. Default false."),
        new("json.timestamp_format", "What a number in a TIMESTAMP column counts since 1970: unix_seconds, unix_millis or unix_micros. Default rfc3339: text alone."),
        new("json.decimal_encoding", "Decimals are written as number or string; both are read. Default number."),
        new("csv.delimiter", "One character of ASCII. Default a comma."),
        new("csv.header", "Whether the first record holds the names of the fields. Default true."),
        new("csv.null", "The text of an unquoted field that is null. Default the empty text."),
        .. BinaryFormatOptions.All,
        new("framing.method", "newline: a line feed ends a record (in csv one outside of quotes); length: four bytes before it, the highest first, say how long it is; none: a message is a record; json_array: each element of a message that is a JSON array is one. Default newline in files, length there for avro and protobuf, none in messages."),
        new("framing.max_length", "Most bytes of a record, 1 to 1073741824. A longer one is cut. Default 16777216, and a longer one is bad."),
        new("bad_data", "fail: a record that cannot be read ends the job; drop: it is counted, reported and left out. Default fail."),
    ];

    /// <summary>Reads those of a source.</summary>
    /// <param name="options">The options of the table.</param>
    /// <param name="path">A file whose name tells the format when nothing else does; null for none.</param>
    /// <param name="columns">The rows, which have to fit.</param>
    /// <param name="isMessage">Whether records come in messages, and not in files.</param>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>: one is wrong. <c>bad_graph</c>, <c>unsupported</c>: the columns do not fit the format.</exception>
    public static FormatConfig Read(ConnectorOptions options, string? path, ArrowSchema columns, bool isMessage = false)
    {
        var config = Read(options, path, isMessage);
        if (config.Kind == FormatKind.DebeziumJson && options.PrimaryKey.Count == 0)
        {
            throw options.Bad("format debezium_json needs a PRIMARY KEY: the columns that say which rows are one");
        }

        if (config.Kind is not (FormatKind.Parquet or FormatKind.Arrow) && columns.Fields.Count > 0)
        {
            // Tells wrong columns when the text is planned.
            using var decoder = RowFormats.Decoder(config, columns);
        }

        return config;
    }

    /// <summary>Reads those of a sink of records.</summary>
    /// <param name="options">The options of the table.</param>
    /// <param name="path">A file whose name tells the format when nothing else does; null for none.</param>
    /// <param name="columns">The table's columns, which have to fit; none: whatever comes.</param>
    /// <param name="isMessage">Whether records go in messages, and not to files.</param>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>: one is wrong. <c>bad_graph</c>, <c>unsupported</c>: the columns do not fit the format.</exception>
    public static RowSinkConfig ReadSink(ConnectorOptions options, string? path, ArrowSchema columns, bool isMessage = false)
    {
        var format = Read(options, path, isMessage);
        if (format.Kind == FormatKind.DebeziumJson)
        {
            format.KeyColumns.AddRange(options.PrimaryKey);
        }

        var config = new RowSinkConfig { Format = format, Columns = { columns.Fields.Select(field => field.Name) } };
        if (config.Format.Kind is not (FormatKind.Parquet or FormatKind.Arrow) && columns.Fields.Count > 0)
        {
            using var encoder = RowFormats.Encoder(config.Format, columns);
        }

        return config;
    }

    private static FormatConfig Read(ConnectorOptions options, string? path, bool isMessage)
    {
        var config = new FormatConfig
        {
            Kind = options.OneOf("format", KindOf(path), Kinds),
            JsonTimes = options.OneOf(
                "json.timestamp_format", JsonTimes.Unspecified, ("rfc3339", JsonTimes.Unspecified), ("unix_seconds", JsonTimes.UnixSeconds), ("unix_millis", JsonTimes.UnixMillis), ("unix_micros", JsonTimes.UnixMicros)),
            JsonDecimalText = options.OneOf("json.decimal_encoding", false, ("number", false), ("string", true)),
            CsvDelimiter = options.Text("csv.delimiter"),
            CsvHasNoHeader = !options.Truth("csv.header", true),
            CsvNull = options.Text("csv.null"),
            Framing = options.OneOf("framing.method", FramingKind.Unspecified, ("newline", FramingKind.Newline), ("length", FramingKind.Length), ("none", FramingKind.None), ("json_array", FramingKind.JsonArray)),
            RecordBytesMax = (int)options.Whole("framing.max_length", 0, 1, RecordBytesMaxMax),
            CutsLongRecords = options.Has("framing.max_length"),
            DropsBadData = options.OneOf("bad_data", false, ("fail", false), ("drop", true)),
        };
        if (config.CsvDelimiter.Length > 0 && (config.CsvDelimiter.Length > 1 || config.CsvDelimiter[0] is > (char)127 or '"' or '\r' or '\n'))
        {
            throw options.Bad($"the option csv.delimiter is '{config.CsvDelimiter}'; it is one character of ASCII, and no quote or line end");
        }

        if (isMessage && config.Kind is (FormatKind.Parquet or FormatKind.Arrow))
        {
            throw options.Bad($"the option format is '{options.Text("format")}', which is one of files, and this connector has messages");
        }

        if (config.Framing == FramingKind.JsonArray && (!isMessage || config.Kind != FormatKind.Json))
        {
            throw options.Bad("the option framing.method is 'json_array', which messages of the format json alone have");
        }

        BinaryFormatOptions.Read(options, config);
        if (RowFormats.IsBinary(config.Kind) && config.Framing == FramingKind.Newline)
        {
            throw options.Bad($"the option framing.method is 'newline', and a record of {options.Text("format")} may hold any byte; it is length or none");
        }

        if (options.Truth("json.unstructured"))
        {
            config.Kind = config.Kind == FormatKind.Json ? FormatKind.JsonValue : throw options.Bad($"the option json.unstructured belongs to the format json, and this is {options.Text("format", "that of the file's name")}");
        }

        return config;
    }

    private static FormatKind KindOf(string? path) => path is null ? FormatKind.Json : Path.GetExtension(path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path).ToLowerInvariant() switch
    {
        ".csv" => FormatKind.Csv,
        ".parquet" => FormatKind.Parquet,
        ".arrow" or ".feather" => FormatKind.Arrow,
        _ => FormatKind.Json,
    };
}
