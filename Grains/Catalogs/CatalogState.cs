using System.Text.Json.Serialization;
using OrleansFlow.Catalogs;
using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Grains.Catalogs;

/// <summary>Stored form of <see cref="CatalogGrain"/>.</summary>
internal sealed class CatalogState
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
internal sealed partial class CatalogJson : JsonSerializerContext;
