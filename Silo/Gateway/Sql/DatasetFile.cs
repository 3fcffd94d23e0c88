using System.Text.Json.Serialization;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>One immutable file of a table.</summary>
/// <param name="Name">Relative to the dataset folder.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Bytes">Size.</param>
internal sealed record DatasetFile(string Name, long Rows, long Bytes);

/// <summary>Names for files of a table that are to be written.</summary>
/// <param name="Table">The table.</param>
/// <param name="Folder">Where they lie.</param>
/// <param name="Prefix">How their names begin, and no others do.</param>
internal sealed record NewDatasetFiles(string Table, string Folder, string Prefix)
{
    /// <summary>What <see cref="DatasetFile.Name"/> is of a file in the folder.</summary>
    public string NameOf(string fileName) => $"{Table}/{fileName}";
}

/// <summary>The files of one version of a table, in the order of their rows. Never changes once written.</summary>
/// <param name="Files">The files.</param>
internal sealed record DatasetManifest(IReadOnlyList<DatasetFile> Files);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DatasetManifest))]
internal sealed partial class DatasetJson : JsonSerializerContext;
