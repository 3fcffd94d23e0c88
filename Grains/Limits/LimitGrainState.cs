using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Grains.Limits;

/// <summary>What is stored of a limit.</summary>
internal sealed class LimitGrainState
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    /// <summary>Keys of the queues that held a part of it, or were about to. As many as there are roles at most.</summary>
    [JsonPropertyName("queues")]
    public List<string> Queues { get; set; } = [];
}
