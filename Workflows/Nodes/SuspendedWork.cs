using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>What is saved of a long-running node.</summary>
/// <param name="State">The node's own state.</param>
/// <param name="IsLimited">True when a wake-up without the signal means that it was suspended for too long.</param>
internal sealed record SuspendedWork<TState>([property: JsonPropertyName("state")] TState State, [property: JsonPropertyName("limited")] bool IsLimited);
