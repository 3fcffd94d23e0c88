using System.Text.Json.Serialization;
using OrleansFlow.Silo.Gateway.Streams;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>Body of the action <c>cancel-run</c>.</summary>
internal sealed record CancelRunBody(string? RunId, string? Reason);

/// <summary>Body of the action <c>drop-stream</c>.</summary>
internal sealed record DropStreamBody(string? Name);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CancelRunBody))]
[JsonSerializable(typeof(DropStreamBody))]
[JsonSerializable(typeof(UploadReceipt))]
[JsonSerializable(typeof(StreamReceipt))]
[JsonSerializable(typeof(StreamBounds))]
internal sealed partial class FlightJson : JsonSerializerContext;
