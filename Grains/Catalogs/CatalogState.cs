using System.Text.Json.Serialization;
using OrleansFlow.Catalogs;
using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Grains.Catalogs;

/// <summary>The head row of a namespace.</summary>
internal sealed class CatalogState
{
    /// <summary>The form whose tables are in buckets. Up to 1 they are in this row.</summary>
    public const int Segmented = 2;

    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value, newest: Segmented); }

    /// <summary>The newest version of the first form; buckets go on from there.</summary>
    [JsonPropertyName("version")]
    public long Version { get; set; }

    /// <summary>The tables of the first form.</summary>
    [JsonPropertyName("tables")]
    public List<CatalogRow> Tables { get; set; } = [];
}

/// <summary>Stored form of a <see cref="CatalogBucket"/>.</summary>
internal sealed class CatalogBucketState
{
    /// <summary>The form with definitions. A silo that does not know them would take a view for a dataset without files.</summary>
    public const int WithDefinitions = 2;

    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value, newest: WithDefinitions); }

    [JsonPropertyName("version")]
    public long Version { get; set; }

    [JsonPropertyName("tables")]
    public List<CatalogRow> Tables { get; set; } = [];

    public static CatalogBucketState Of(CatalogBucket bucket) => new()
    {
        Format = bucket.Tables.Values.Any(table => table.Definition is not null) ? WithDefinitions : 0,
        Version = bucket.Version,
        Tables = [.. bucket.Tables.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => CatalogRow.Of(pair.Value))],
    };
}

/// <summary>Stored form of a table.</summary>
internal sealed class CatalogRow
{
    [JsonPropertyName("name")]
    public string Name { get; set; } = "";

    /// <summary>Base64.</summary>
    [JsonPropertyName("schema")]
    public string Schema { get; set; } = "";

    [JsonPropertyName("manifest")]
    public string Manifest { get; set; } = "";

    [JsonPropertyName("rows")]
    public long Rows { get; set; }

    [JsonPropertyName("bytes")]
    public long Bytes { get; set; }

    [JsonPropertyName("version")]
    public long Version { get; set; }

    /// <summary>Number of its <see cref="CatalogTableKind"/>.</summary>
    [JsonPropertyName("kind"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Kind { get; set; }

    [JsonPropertyName("definition"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Definition { get; set; }

    public static CatalogRow Of(CatalogTable table) => new()
    {
        Name = table.Name, Schema = Convert.ToBase64String(table.Schema), Manifest = table.Manifest, Rows = table.Rows, Bytes = table.Bytes, Version = table.Version,
        Kind = (int)table.Kind, Definition = table.Definition,
    };

    public CatalogTable ToTable() => new()
    {
        Name = Name, Schema = Convert.FromBase64String(Schema), Manifest = Manifest, Rows = Rows, Bytes = Bytes, Version = Version,
        Kind = (CatalogTableKind)Kind, Definition = Definition,
    };
}

[JsonSerializable(typeof(CatalogState))]
[JsonSerializable(typeof(CatalogBucketState))]
internal sealed partial class CatalogJson : JsonSerializerContext;
