using System.Text.Json.Serialization;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>Body of the action <c>cancel-run</c>.</summary>
internal sealed record CancelRunBody(string? RunId, string? Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CancelRunBody))]
[JsonSerializable(typeof(UploadReceipt))]
internal sealed partial class FlightJson : JsonSerializerContext;
