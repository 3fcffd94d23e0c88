using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats.Avro;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>The options of formats whose records are described by a schema of their own.</summary>
internal static class BinaryFormatOptions
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ConnectorOption> All { get; } =
    [
        new("avro.schema", "The schema by which records are written, as JSON; columns are its fields by name. Required of avro."),
        new("avro.header", "What stands before each record: none; confluent: a zero byte and the four bytes of avro.schema_id; single_object: C3 01 and the fingerprint of avro.schema. A record of another schema is bad. Default none."),
        new("avro.schema_id", "The number of avro.schema in its registry, 0 to 4294967295. Required of avro.header = 'confluent'."),
        new("avro.unstructured", "true: a record of a source is JSON in the one column of text. Default false."),
    ];

    /// <summary>Reads them.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: one is wrong, missing, or belongs to another format.</exception>
    public static void Read(ConnectorOptions options, FormatConfig config)
    {
        foreach (var option in All)
        {
            var format = option.Name[..option.Name.IndexOf('.', StringComparison.Ordinal)];
            if (options.Has(option.Name) && config.Kind != FormatKind.Avro)
            {
                throw options.Bad($"the option {option.Name} belongs to the format {format}, and this is {options.Text("format", "that of the file's name")}");
            }
        }

        if (config.Kind == FormatKind.Avro)
        {
            ReadAvro(options, config);
        }
    }

    private static void ReadAvro(ConnectorOptions options, FormatConfig config)
    {
        config.AvroSchema = options.Require("avro.schema", """{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}""");
        AvroSchema.Parse(config.AvroSchema);
        config.AvroHeader = options.OneOf("avro.header", AvroHeader.Unspecified, ("none", AvroHeader.Unspecified), ("confluent", AvroHeader.Confluent), ("single_object", AvroHeader.SingleObject));
        config.AvroSchemaId = (uint)options.Whole("avro.schema_id", 0, 0, uint.MaxValue);
        config.AvroUnstructured = options.Truth("avro.unstructured");
        if (options.Has("avro.schema_id") != (config.AvroHeader == AvroHeader.Confluent))
        {
            throw options.Bad("the option avro.schema_id and avro.header = 'confluent' belong together, and only one of them is there");
        }
    }
}
