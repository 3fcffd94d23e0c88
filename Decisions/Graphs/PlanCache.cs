using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using OrleansFlow.Decisions.Expressions;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>Where a node's outcome may come from instead of a worker.</summary>
/// <param name="Key">What the outcome depends on, besides the node itself.</param>
/// <param name="Ttl">How long an outcome can be taken; null for as long as its run is kept.</param>
public sealed record PlanCache(Expression Key, TimeSpan? Ttl)
{
    /// <summary>The content key: lower-case hex SHA-256 over role, parameters, number of tasks and the value of the key. The same for the same work in any graph.</summary>
    internal string ContentKeyOf(GraphRunState state, PlanNode node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            writer.WriteStringValue(node.Role);
            writer.WriteStringValue(node.Child?.DocumentOf(null));
            writer.WriteStringValue(node.ParamsJson);
            writer.WriteNumberValue(node.TaskCount);
            Key.Evaluate(new RunScope(state, node.Index)).WriteTo(writer);
            writer.WriteEndArray();
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }
}
