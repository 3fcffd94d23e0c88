using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Grains.Workers;

/// <summary>What is kept of a worker: how it registered last. Sessions and leases are not: they end with the silo, or are taken up again.</summary>
internal sealed class WorkerGrainState
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    public IReadOnlyList<string> Roles { get; set; } = [];

    public int Slots { get; set; }

    public string Version { get; set; } = "";

    public int ProcessId { get; set; }

    public string Host { get; set; } = "";

    public string DataAddress { get; set; } = "";

    public DateTimeOffset LastSeenUtc { get; set; }

    public SortedDictionary<string, string> Labels { get; set; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, string> RoleVersions { get; set; } = new(StringComparer.Ordinal);

    public int Prefetch { get; set; }
}
