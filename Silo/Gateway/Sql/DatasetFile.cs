using System.Text.Json.Serialization;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>One immutable file of a table.</summary>
/// <param name="Name">Relative to the dataset folder.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Bytes">Size.</param>
internal sealed record DatasetFile(string Name, long Rows, long Bytes);

/// <summary>The files of one version of a table, in the order of their rows. Never changes once written.</summary>
/// <param name="Files">The files.</param>
internal sealed record DatasetManifest(IReadOnlyList<DatasetFile> Files);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DatasetManifest))]
internal sealed partial class DatasetJson : JsonSerializerContext;
