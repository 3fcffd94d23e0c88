using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>What a fallback gets: the input that could not be served, and why.</summary>
/// <typeparam name="TIn">The failed node's input.</typeparam>
/// <param name="Input">The failed node's input.</param>
/// <param name="Node">The failed node's name.</param>
/// <param name="Error">The last attempt's message.</param>
/// <param name="Attempts">How many attempts failed.</param>
public sealed record NodeFailure<TIn>(
    [property: JsonPropertyName("input")] TIn Input,
    [property: JsonPropertyName("node")] string Node,
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("attempts")] int Attempts);
