using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.State.Fencing;

/// <summary>Who owns an epoch. Created once, never changed: whoever creates it decides what the epoch is.</summary>
/// <param name="Generation">The generation that created it.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Manifest">Name of the checkpoint's manifest; empty where the epoch is used up without one: it failed, or a new generation fenced the ones before.</param>
internal sealed record EpochRecord(long Generation, long Epoch, string Manifest)
{
    /// <summary>Most bytes of a record.</summary>
    public const int BytesMax = 4 * 1024;

    /// <summary>Whether the epoch is used up without a checkpoint.</summary>
    [JsonIgnore]
    public bool IsVoid => Manifest.Length == 0;

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.EpochRecord);

    public static EpochRecord Parse(string name, byte[] content) => RecordJson.Parse(name, content, RecordJson.Default.EpochRecord);
}

/// <summary>What a generation began from, and its latest checkpoint. Only the generation itself writes it.</summary>
/// <param name="Generation">The generation.</param>
/// <param name="BaseManifest">Name of the manifest that it began from; empty for nothing.</param>
/// <param name="LatestManifest">Name of its latest manifest, whether claimed or not; empty for none.</param>
internal sealed record GenerationRecord(long Generation, string BaseManifest, string LatestManifest)
{
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.GenerationRecord);

    public static GenerationRecord Parse(string name, byte[] content) => RecordJson.Parse(name, content, RecordJson.Default.GenerationRecord);
}

/// <summary>How records are stored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EpochRecord))]
[JsonSerializable(typeof(GenerationRecord))]
internal sealed partial class RecordJson : JsonSerializerContext
{
    public static T Parse<T>(string name, byte[] content, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(content, type) ?? throw new JsonException("it is null");
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.StateCorrupt, $"'{name}' cannot be read: {exception.Message}", exception);
        }
    }
}
