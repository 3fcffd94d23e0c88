using System.Text.Json.Serialization;
using OrleansFlow.Queries;

namespace OrleansFlow.Client.Queries;

/// <summary>Body of the actions about one query.</summary>
internal sealed record QueryActionBody(string QueryId, string? Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(QueryActionBody))]
[JsonSerializable(typeof(QueryStatus))]
internal sealed partial class QueryActionJson : JsonSerializerContext;
