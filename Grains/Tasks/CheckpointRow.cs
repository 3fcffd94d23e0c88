using System.Text.Json.Serialization;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Grains.Tasks;

/// <summary>Stored form of a checkpoint.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.CheckpointRow")]
internal sealed class CheckpointRow
{
    [Id(0), JsonPropertyName("v")]
    public int Version { get; set; }

    [Id(1), JsonPropertyName("json")]
    public string Json { get; set; } = "";

    [Id(2), JsonPropertyName("outputs"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int OutputCount { get; set; }

    [Id(3), JsonPropertyName("e")]
    public long Epoch { get; set; }

    [Id(4), JsonPropertyName("saved")]
    public DateTimeOffset SavedUtc { get; set; }

    [Id(5), JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    public static CheckpointRow? Of(LeaseCheckpoint? checkpoint) => checkpoint is null ? null : new CheckpointRow
    {
        Version = checkpoint.Version,
        Json = checkpoint.Json,
        OutputCount = checkpoint.OutputCount,
        Epoch = checkpoint.Epoch,
        SavedUtc = checkpoint.SavedUtc,
    };

    public LeaseCheckpoint ToCheckpoint() => new(Version, Json, OutputCount, Epoch, SavedUtc);
}
