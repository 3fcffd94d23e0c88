using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Embedded.Serialization;

/// <summary>A JSON tree: its text. All kinds of values have one name on the wire.</summary>
internal sealed class JsonNodeCodec<T> : Codec<T>, IDerivedValuesCodec
    where T : JsonNode
{
    public override WireKind Kind => WireKind.Bytes;

    internal override string WireName => BuiltInCodecs.JsonNodeName;

    public override T Copy(T value, CopyContext context) => (T)value.DeepClone();

    public override void WriteBody(CodecWriter writer, T value) => writer.WriteBytes(JsonSerializer.SerializeToUtf8Bytes<JsonNode>(value));

    public override T ReadBody(CodecReader reader, int ordinal)
    {
        try
        {
            return JsonNode.Parse(reader.ReadBytes()) as T
                ?? throw reader.Error($"The JSON is no '{typeof(T)}'");
        }
        catch (JsonException exception)
        {
            throw reader.Error("A JSON tree is malformed", exception);
        }
    }
}
