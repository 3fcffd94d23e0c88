using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Decisions.Queues;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>One spelling for JSON of equal meaning: members sorted by ordinal, no white space, strings escaped alike, numbers as written.</summary>
internal static class CanonicalJson
{
    /// <summary>A large graph is hashed part by part, so that its canonical text is never there as a whole.</summary>
    private const int HashedAtOnceBytes = 64 * 1024;

    /// <summary>The members of all objects, those of later ones winning; null when all are missing.</summary>
    public static string? Overlay(params ReadOnlySpan<JsonElement?> layers)
    {
        var isEmpty = true;
        var members = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var layer in layers)
        {
            isEmpty &= layer is null;
            foreach (var member in layer?.EnumerateObject() ?? default)
            {
                members[member.Name] = member.Value;
            }
        }

        if (isEmpty)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in members)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Lower-case hex SHA-256 of the graph with all defaults filled in.</summary>
    public static string HashOf(GraphDefinition graph, GraphEdges edges, ImmutableSortedDictionary<string, string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", graph.Version);
            writer.WriteString("name", graph.Name);
            writer.WriteStartObject("files");
            foreach (var (name, path) in files)
            {
                writer.WriteString(name, path);
            }

            writer.WriteEndObject();
            WriteFree(writer, "params", graph.Params);
            if (graph.Vars is not null || graph.DeadlineSec is not null)
            {
                WriteFree(writer, "vars", graph.Vars);
                writer.WriteNumber("deadline_sec", graph.DeadlineSec ?? 0);
            }

            WriteOutputs(writer, graph.Outputs);
            foreach (var (name, inner) in graph.Graphs)
            {
                writer.WriteString($"graph {name}", GraphDocument.ToJson(inner));
            }

            writer.WriteStartArray("nodes");
            foreach (var (index, node) in graph.Nodes.Index())
            {
                WriteNode(writer, node, [.. edges.Of(index)], edges.FanInOf(node, index) ?? 0);
                if (buffer.WrittenCount + writer.BytesPending > HashedAtOnceBytes)
                {
                    writer.Flush();
                    hash.AppendData(buffer.WrittenSpan);
                    buffer.ResetWrittenCount();
                }
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        hash.AppendData(buffer.WrittenSpan);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <remarks>What version 1 did not have at first is written where it is used only, so that a document keeps its hash.</remarks>
    private static void WriteNode(Utf8JsonWriter writer, NodeDefinition node, ParentDefinition[] parents, int fanIn)
    {
        writer.WriteStartObject();
        writer.WriteString("id", node.Id);
        writer.WriteString("role", node.Role);
        writer.WriteNumber("tasks", node.Tasks);
        WriteParents(writer, node, parents, fanIn);
        WriteFree(writer, "params", node.Params);
        writer.WriteNumber("retry_max", node.Retry.Max);
        writer.WriteNumber("backoff_sec", node.Retry.BackoffSec);
        writer.WriteNumber("max_backoff_sec", node.Retry.MaxBackoffSec);
        WriteTexts(writer, "permanent_on", node.Retry.PermanentOn);
        writer.WriteNumber("timeout_sec", node.TimeoutSec ?? 0);
        writer.WriteNumber("priority", node.Priority);
        if (node.Fn is { } function)
        {
            writer.WriteString("fn", function);
            WriteFree(writer, "args", node.Args);
        }

        if (node.Retry.Backoff != "exponential" || node.Retry.JitterPct > 0)
        {
            writer.WriteString("backoff", node.Retry.Backoff);
            writer.WriteNumber("jitter_pct", node.Retry.JitterPct);
        }

        if (node.Approval is { } approval)
        {
            writer.WriteNumber("approval_sec", approval.TimeoutSec ?? 0);
            writer.WriteString("approval_timeout", approval.OnTimeout);
        }

        if (node.Input is { } input)
        {
            writer.WriteString("input", BuiltInAdapters.Find(input.Adapter)?.Name ?? input.Adapter);
            WriteFree(writer, "input_args", input.Args);
        }

        if (PlacementTraits.Of(node.Labels, node.RoleVersion) is { Text.Length: > 0 } needs)
        {
            writer.WriteString("needs", needs.Text);
        }

        if (node.Grace != "reconnect" || node.MaxTakeovers is not null)
        {
            writer.WriteString("grace", node.Grace);
            writer.WriteNumber("max_takeovers", node.MaxTakeovers ?? -1);
        }

        WriteNewer(writer, node);
        if (node.OnUpstreamFailure != "fail")
        {
            writer.WriteString("on_upstream_failure", node.OnUpstreamFailure);
        }

        writer.WriteEndObject();
    }

    private static void WriteOutputs(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> outputs)
    {
        foreach (var (name, expression) in outputs.OrderBy(output => output.Key, StringComparer.Ordinal))
        {
            writer.WriteString($"output {name}", expression);
        }
    }

    private static void WriteNewer(Utf8JsonWriter writer, NodeDefinition node)
    {
        if (node.Graph is not null || node.Body is not null)
        {
            writer.WriteString("graph", node.Graph);
            writer.WriteString("body", node.Body is { } body ? GraphDocument.ToJson(body) : null);
        }

        if (node.Foreach is { } scatter)
        {
            WriteFree(writer, "foreach_list", scatter.List);
            WriteTexts(writer, "foreach", [scatter.Items ?? "", scatter.BatchesOf ?? "", scatter.As, scatter.Barrier]);
            writer.WriteNumber("foreach_max", scatter.MaxItems);
        }

        if (node.Cache is { } cache)
        {
            writer.WriteString("cache", cache.Key);
            writer.WriteNumber("cache_ttl", cache.TtlSec ?? 0);
        }

        if (node.Compensate is { } compensation)
        {
            writer.WriteString("compensate", compensation.Role);
            WriteFree(writer, "compensate_params", compensation.Params);
            var retry = compensation.Retry;
            writer.WriteString("compensate_retry", FormattableString.Invariant($"{retry.Max} {retry.Backoff} {retry.BackoffSec} {retry.MaxBackoffSec} {retry.JitterPct} {compensation.TimeoutSec} {compensation.OnCancel}"));
            WriteTexts(writer, "compensate_permanent_on", retry.PermanentOn);
        }

        if (node.Concurrency is { } concurrency)
        {
            writer.WriteNumber("concurrency", concurrency.Limit);
            writer.WriteString("concurrency_key", concurrency.Key);
        }

        if (node.BatchDeadlineSec is { } perBatch)
        {
            writer.WriteNumber("batch_deadline_sec", perBatch);
        }
    }

    private static void WriteParents(Utf8JsonWriter writer, NodeDefinition node, ParentDefinition[] parents, int fanIn)
    {
        writer.WriteStartArray("depends_on");
        foreach (var parent in parents)
        {
            writer.WriteStringValue(parent.Node);
        }

        writer.WriteEndArray();
        writer.WriteString("fan_in", "all");
        writer.WriteString("start_when", node.StartWhen);
        var usual = node.StartWhen == "first_batch" ? Math.Min(1, parents.Length) : parents.Length;
        if (fanIn != usual || node.When is not null || !Array.TrueForAll(parents, parent => parent is { On: "success", When: null, Trigger: null }))
        {
            writer.WriteNumber("fan_in_count", fanIn);
            writer.WriteString("when", node.When);
            WriteTexts(writer, "edges", [.. parents.Select(parent => $"{parent.On} {parent.Trigger} {parent.When}")]);
        }
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static void WriteFree(Utf8JsonWriter writer, string name, JsonElement? value)
    {
        writer.WritePropertyName(name);
        WriteSorted(writer, value);
    }

    private static void WriteSorted(Utf8JsonWriter writer, JsonElement? value)
    {
        switch (value?.ValueKind)
        {
            case null:
                writer.WriteNullValue();
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.Value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    WriteSorted(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.Value.EnumerateArray())
                {
                    WriteSorted(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                value.Value.WriteTo(writer);
                break;
        }
    }
}
