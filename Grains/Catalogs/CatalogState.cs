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
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    [JsonPropertyName("version")]
    public long Version { get; set; }

    [JsonPropertyName("tables")]
    public List<CatalogRow> Tables { get; set; } = [];
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

    public static CatalogRow Of(CatalogTable table) => new()
    {
        Name = table.Name, Schema = Convert.ToBase64String(table.Schema), Manifest = table.Manifest, Rows = table.Rows, Bytes = table.Bytes, Version = table.Version,
    };

    public CatalogTable ToTable() => new()
    {
        Name = Name, Schema = Convert.FromBase64String(Schema), Manifest = Manifest, Rows = Rows, Bytes = Bytes, Version = Version,
    };
}

[JsonSerializable(typeof(CatalogState))]
[JsonSerializable(typeof(CatalogBucketState))]
internal sealed partial class CatalogJson : JsonSerializerContext;
