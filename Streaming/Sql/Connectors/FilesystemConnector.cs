using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Files;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>Tables of many files.</summary>
internal sealed class FilesystemConnector : StreamConnector
{
    public override string Name => "filesystem";

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type,
        new("path", "Source: a folder, with those below it, or a pattern with * and ? in its last part, on a disk that all workers see. Sink: file:///folder, an absolute path, or s3://bucket/prefix. Required."),
        .. FormatOptions.All,
        new("rolling.max_rows", "Sink: a file ends with so many rows or more. Default 0: never by rows."),
        new("rolling.max_bytes", "Sink: a file ends with so many bytes or more. Default 134217728."),
        new("rolling.interval", "Sink: a file ends at that age, such as '5 minutes'; 1 second to 1 day. Default: never by age. Each checkpoint ends all files."),
        new("partition.fields", "Sink: names of columns between commas; rows go to folders name=value, and the files do not hold these columns. PARTITIONED BY (columns) says the same. Default none."),
        new("partition.time_format", "Sink: rows go to a folder of their event time, by a format of .NET such as yyyy/MM/dd/HH, behind those of the fields. Default none."),
        new("file.prefix", "Sink: what the names of files begin with: letters, digits and -_.=%+@~. Default nothing."),
    ];

    public override IReadOnlyList<ConnectorMetadata> Metadata => FileMetadata.All;

    public override bool DividesRows => true;

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns)
    {
        var options = table.PartitionedBy.Count == 0 ? OptionsOf(table, isSource: true) : throw TablePartitions.NotWritten(table);
        var path = options.Require("path", "/data/in/*.json");
        var config = new FilesystemSourceConfig { Path = path, Format = FormatOptions.Read(options, path, TableMetadata.DataOf(table, columns)), Metadata = { TableMetadata.Of(table) } };
        return new StreamOperatorPlan(FilesystemSource.Kind, config) { Schema = columns };
    }

    public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: false);
        var fields = options.Text("partition.fields").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var field in fields)
        {
            if (columns.TryIndexOf(field) < 0)
            {
                throw options.Bad($"the option partition.fields names '{field}'; the table has the columns: {string.Join(", ", columns.Fields.Select(column => column.Name))}");
            }
        }

        if (table.PartitionedBy.Count > 0)
        {
            fields = fields.Length == 0
                ? [.. TablePartitions.ColumnsOf(table, [.. columns.Fields.Select(column => column.Name)])]
                : throw options.Bad("the option partition.fields and PARTITIONED BY say the same; give one of them");
        }

        if (fields.Length > 0 && fields.Length == columns.Fields.Count)
        {
            throw options.Bad($"{(table.PartitionedBy.Count > 0 ? "PARTITIONED BY" : "the option partition.fields")} names all columns, so that files would hold none");
        }

        var written = new ArrowSchema([.. columns.Fields.Where(column => !fields.Contains(column.Name))]);
        var rows = FormatOptions.ReadSink(options, null, written);
        rows.Columns.Clear();
        rows.Columns.AddRange(columns.Fields.Select(column => column.Name));
        var config = new FilesystemSinkConfig
        {
            Url = options.Require("path", "/data/out"),
            Rows = rows,
            RollingRowsMax = options.Whole("rolling.max_rows"),
            RollingBytesMax = options.Whole("rolling.max_bytes"),
            RollingIntervalMicros = options.Time("rolling.interval", TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)).Ticks / TimeSpan.TicksPerMicrosecond,
            PartitionTimeFormat = options.Text("partition.time_format"),
            FilePrefix = options.Text("file.prefix"),
        };
        config.PartitionFields.AddRange(fields);
        return new StreamOperatorPlan(FilesystemSink.Kind, config);
    }
}
