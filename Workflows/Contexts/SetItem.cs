using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>One addition that is still in a set.</summary>
/// <typeparam name="T">The items' type.</typeparam>
/// <param name="Dot">Which addition.</param>
/// <param name="Value">What was added.</param>
public readonly record struct SetItem<T>(
    [property: JsonPropertyName("dot")] Dot Dot,
    [property: JsonPropertyName("value")] T Value);
