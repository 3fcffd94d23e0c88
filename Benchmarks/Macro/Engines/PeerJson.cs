using System.Text.Json.Serialization;

namespace OrleansFlow.Benchmarks.Macro.Engines;

/// <summary>Statements travel as JSON strings, because they have several lines.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class PeerJson : JsonSerializerContext;
