using System.Text;
using System.Text.Json;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Reads the JSON of a schema (Avro 1.12, "Schema Declaration"). What it does not know (docs, aliases, orders, other logical types) it passes over, as the specification asks.</summary>
internal sealed class AvroSchema
{
    /// <summary>Bytes of the text of a schema at most.</summary>
    public const int TextBytesMax = 1 << 20;

    /// <summary>Bytes of a value of a fixed type at most.</summary>
    private const int FixedBytesMax = 1 << 20;

    private readonly Dictionary<string, AvroType> _named = new(StringComparer.Ordinal);

    private AvroSchema()
    {
    }

    /// <summary>Reads a schema.</summary>
    /// <param name="json">Its text: an object, an array, or the name of a primitive type, which may stand without quotes.</param>
    /// <exception cref="FlowException">It is none (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public static AvroType Parse(string json)
    {
        if (Encoding.UTF8.GetByteCount(json) > TextBytesMax)
        {
            throw Bad($"is longer than {TextBytesMax} bytes");
        }

        var text = json.Trim();
        if (text.Length > 0 && text[0] is not ('{' or '[' or '"'))
        {
            text = $"\"{text}\"";
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return new AvroSchema().Read(document.RootElement, "");
        }
        catch (JsonException exception)
        {
            throw Bad($"is no JSON: {exception.Message}");
        }
    }

    /// <summary>What to say of a schema that is wrong.</summary>
    public static FlowException Bad(string problem) => new(FlowErrorCode.BadOption, $"The Avro schema (avro.schema) {problem}.");

    private AvroType Read(JsonElement element, string space) => element.ValueKind switch
    {
        JsonValueKind.String => Named(element.GetString()!, space),
        JsonValueKind.Array => Union(element, space),
        JsonValueKind.Object => Declared(element, space),
        _ => throw Bad($"has {element.GetRawText()} where a type belongs"),
    };

    private AvroType Named(string name, string space) => Primitive(name) is { } kind
        ? new AvroType(kind)
        : _named.TryGetValue(FullName(name, space), out var known) || _named.TryGetValue(name, out known) ? known
        : throw Bad($"names the type '{name}', which is none of Avro's and not declared before");

    private AvroType Union(JsonElement element, string space)
    {
        var branches = new List<AvroType>();
        foreach (var branch in element.EnumerateArray())
        {
            var type = Read(branch, space);
            if (type.Kind == AvroKind.Union)
            {
                throw Bad("has a union directly inside of a union");
            }

            if (branches.Exists(other => other.Kind == type.Kind && other.FullName == type.FullName))
            {
                throw Bad($"has a union with two branches '{type.Shown}'");
            }

            branches.Add(type);
        }

        return branches.Count > 0 ? new AvroType(AvroKind.Union) { Branches = branches } : throw Bad("has a union without branches");
    }

    private AvroType Declared(JsonElement element, string space)
    {
        if (!element.TryGetProperty("type", out var type))
        {
            throw Bad("has an object without a 'type' where a type belongs");
        }

        if (type.ValueKind != JsonValueKind.String)
        {
            // {"type": {"type": ...}} is the inner type.
            return Read(type, space);
        }

        switch (type.GetString())
        {
            case "record" or "error":
                return Record(element, space);
            case "enum":
                return Enum(element, space);
            case "fixed":
                return Fixed(element, space);
            case "array":
                return new AvroType(AvroKind.Array) { Items = Read(Part(element, "items", "an array"), space) };
            case "map":
                return new AvroType(AvroKind.Map) { Items = Read(Part(element, "values", "a map"), space) };
            default:
                var named = Named(type.GetString()!, space);
                if (named.FullName.Length == 0)
                {
                    AvroMeanings.Read(element, named);
                }

                return named;
        }
    }

    private AvroType Record(JsonElement element, string space)
    {
        var (name, inner) = NameOf(element, space);
        var record = Declare(new AvroType(AvroKind.Record) { FullName = name });
        var fields = new List<AvroField>();
        var fieldList = Part(element, "fields", $"record {name}");
        if (fieldList.ValueKind != JsonValueKind.Array)
        {
            throw Bad($"has the record {name}, whose 'fields' are no array");
        }

        foreach (var field in fieldList.EnumerateArray())
        {
            var fieldName = TextOf(field, "name", $"a field of record {name}");
            if (fields.Exists(other => other.Name == fieldName))
            {
                throw Bad($"has the field '{fieldName}' twice in record {name}");
            }

            var type = Read(Part(field, "type", $"field '{fieldName}' of record {name}"), inner);
            fields.Add(new AvroField(fieldName, type, field.TryGetProperty("default", out var value) ? value.Clone() : null));
        }

        record.Fields = fields;
        return record;
    }

    private AvroType Enum(JsonElement element, string space)
    {
        var (name, _) = NameOf(element, space);
        var words = Part(element, "symbols", $"enum {name}");
        if (words.ValueKind != JsonValueKind.Array || words.EnumerateArray().Any(word => word.ValueKind != JsonValueKind.String))
        {
            throw Bad($"has the enum {name}, whose 'symbols' are no array of texts");
        }

        var symbols = words.EnumerateArray().Select(word => word.GetString()!).ToList();
        return symbols.Count == symbols.Distinct(StringComparer.Ordinal).Count()
            ? Declare(new AvroType(AvroKind.Enum) { FullName = name, Symbols = [.. symbols.Select(Encoding.UTF8.GetBytes)] })
            : throw Bad($"has a symbol twice in enum {name}");
    }

    private AvroType Fixed(JsonElement element, string space)
    {
        var (name, _) = NameOf(element, space);
        var size = Part(element, "size", $"fixed {name}");
        if (size.ValueKind != JsonValueKind.Number || !size.TryGetInt32(out var bytes) || bytes is < 0 or > FixedBytesMax)
        {
            throw Bad($"has the fixed type {name} of size {size.GetRawText()}; it is a whole number of 0 to {FixedBytesMax}");
        }

        var type = Declare(new AvroType(AvroKind.Fixed) { FullName = name, Size = bytes });
        AvroMeanings.Read(element, type);
        return type;
    }

    private AvroType Declare(AvroType type) =>
        _named.TryAdd(type.FullName, type) ? type : throw Bad($"declares the type '{type.FullName}' twice");

    private static (string FullName, string Space) NameOf(JsonElement element, string space)
    {
        var name = TextOf(element, "name", "a record, enum or fixed type");
        var own = element.TryGetProperty("namespace", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : space;
        var full = FullName(name, own);
        return (full, full.LastIndexOf('.') is var dot and >= 0 ? full[..dot] : "");
    }

    private static string FullName(string name, string space) =>
        name.Contains('.', StringComparison.Ordinal) || space.Length == 0 ? name : $"{space}.{name}";

    private static JsonElement Part(JsonElement element, string name, string of) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var part) ? part : throw Bad($"has {of} without '{name}'");

    private static string TextOf(JsonElement element, string name, string of) =>
        Part(element, name, of) is { ValueKind: JsonValueKind.String } text && text.GetString() is { Length: > 0 } value ? value : throw Bad($"has {of} whose '{name}' is no text");

    private static AvroKind? Primitive(string name) => name switch
    {
        "null" => AvroKind.Null,
        "boolean" => AvroKind.Boolean,
        "int" => AvroKind.Int,
        "long" => AvroKind.Long,
        "float" => AvroKind.Float,
        "double" => AvroKind.Double,
        "bytes" => AvroKind.Bytes,
        "string" => AvroKind.String,
        _ => null,
    };
}
