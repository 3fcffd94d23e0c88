using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats.Avro;
using OrleansFlow.Streaming.Formats.Protobuf;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>The options of formats whose records are described by a schema of their own.</summary>
internal static class BinaryFormatOptions
{
    private static readonly string[] FileEndings = [".binpb", ".desc", ".fds", ".pb", ".protoset"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ConnectorOption> All { get; } =
    [
        new("avro.schema", "The schema by which records are written, as JSON; columns are its fields by name. Required of avro."),
        new("avro.header", "What stands before each record: none; confluent: a zero byte and the four bytes of avro.schema_id; single_object: C3 01 and the fingerprint of avro.schema. A record of another schema is bad. Default none."),
        new("avro.schema_id", "The number of avro.schema in its registry, 0 to 4294967295. Required of avro.header = 'confluent'."),
        new("avro.unstructured", "true: a record of a source is JSON in the one column of text. Default false."),
        new("protobuf.descriptors", "The FileDescriptorSet that protoc --include_imports --descriptor_set_out writes, in base 64. This or protobuf.descriptors_file is required of protobuf."),
        new("protobuf.descriptors_file", "A file of it, on the machine that plans the text, whose name ends with .binpb, .desc, .fds, .pb or .protoset."),
        new("protobuf.message", "The full name of the message that a record is, such as shop.Order; columns are its fields by name. Required of protobuf."),
    ];

    /// <summary>Reads them.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: one is wrong, missing, or belongs to another format.</exception>
    public static void Read(ConnectorOptions options, FormatConfig config)
    {
        foreach (var option in All)
        {
            var format = option.Name[..option.Name.IndexOf('.', StringComparison.Ordinal)];
            if (options.Has(option.Name) && !string.Equals(config.Kind.ToString(), format, StringComparison.OrdinalIgnoreCase))
            {
                throw options.Bad($"the option {option.Name} belongs to the format {format}, and this is {options.Text("format", "that of the file's name")}");
            }
        }

        if (config.Kind == FormatKind.Avro)
        {
            ReadAvro(options, config);
        }

        if (config.Kind == FormatKind.Protobuf)
        {
            config.ProtobufDescriptors = Descriptors(options);
            config.ProtobufMessage = options.Require("protobuf.message", "shop.Order");
            ProtoSchema.Find(config.ProtobufDescriptors, config.ProtobufMessage);
        }
    }

    private static ByteString Descriptors(ConnectorOptions options)
    {
        if (options.Has("protobuf.descriptors") == options.Has("protobuf.descriptors_file"))
        {
            throw options.Bad("the format protobuf needs one of the options protobuf.descriptors and protobuf.descriptors_file");
        }

        if (options.Has("protobuf.descriptors"))
        {
            var text = options.Text("protobuf.descriptors");
            var bytes = new byte[text.Length];
            return Convert.TryFromBase64String(text, bytes, out var length) ? ByteString.CopyFrom(bytes, 0, length) : throw options.Bad("the option protobuf.descriptors is no base 64");
        }

        var path = options.Text("protobuf.descriptors_file");
        if (!FileEndings.Contains(Path.GetExtension(path)))
        {
            throw options.Bad($"the option protobuf.descriptors_file is '{path}'; its name ends with one of: {string.Join(", ", FileEndings)}");
        }

        try
        {
            using var file = File.OpenRead(path);
            return file.Length <= ProtoSchema.BytesMax ? ByteString.FromStream(file) : throw options.Bad($"the option protobuf.descriptors_file is '{path}', which has {file.Length} bytes, more than {ProtoSchema.BytesMax}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw options.Bad($"the option protobuf.descriptors_file is '{path}', which cannot be read here: {exception.Message.TrimEnd('.')}");
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
