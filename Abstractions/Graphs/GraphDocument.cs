using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansFlow.Graphs;

/// <summary>Writes graphs that were made in code as the documents that people write by hand.</summary>
public static partial class GraphDocument
{
    /// <summary>The document of a graph; members that have their default are left out. Nothing is checked here: submitting does that.</summary>
    public static string ToJson(GraphDefinition graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", graph.Version);
            writer.WriteString("name", graph.Name);
            WriteGraphs(writer, graph.Graphs);
            if (graph.Files.Count > 0)
            {
                writer.WriteStartObject("files");
                foreach (var (name, path) in graph.Files)
                {
                    writer.WriteString(name, path);
                }

                writer.WriteEndObject();
            }

            WriteBody(writer, graph);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteNode(Utf8JsonWriter writer, NodeDefinition node)
    {
        writer.WriteStartObject();
        writer.WriteString("id", node.Id);
        WriteText(writer, "role", node.Role.Length == 0 ? null : node.Role);
        WriteText(writer, "fn", node.Fn);
        WriteText(writer, "graph", node.Graph);
        if (node.Body is { } body)
        {
            writer.WriteStartObject("graph");
            WriteBody(writer, body);
            writer.WriteEndObject();
        }

        WriteObject(writer, "args", node.Args);
        if (node.Approval is { } approval)
        {
            writer.WriteStartObject("approval");
            WriteNumber(writer, "timeout_sec", approval.TimeoutSec);
            WriteText(writer, "on_timeout", approval.OnTimeout == "fail" ? null : approval.OnTimeout);
            writer.WriteEndObject();
        }

        WriteNumber(writer, "tasks", node.Tasks == 1 ? null : node.Tasks);
        WriteForeach(writer, node.Foreach);
        WriteConcurrency(writer, node.Concurrency);
        if (node.Cache is { } cache)
        {
            writer.WriteStartObject("cache");
            writer.WriteString("key", cache.Key);
            WriteNumber(writer, "ttl_sec", cache.TtlSec);
            writer.WriteEndObject();
        }

        WriteParents(writer, node.DependsOn);
        if (node.Routing.OnSuccess.Count + node.Routing.OnFailure.Count > 0)
        {
            writer.WriteStartObject("routing");
            WriteTexts(writer, "on_success", node.Routing.OnSuccess);
            WriteTexts(writer, "on_failure", node.Routing.OnFailure);
            writer.WriteEndObject();
        }

        WriteText(writer, "fan_in", node.FanIn);
        WriteText(writer, "start_when", node.StartWhen == "ready" ? null : node.StartWhen);
        WriteText(writer, "when", node.When);
        WriteText(writer, "on_upstream_failure", node.OnUpstreamFailure == "fail" ? null : node.OnUpstreamFailure);
        WriteObject(writer, "params", node.Params);
        WriteInput(writer, node.Input);
        WriteRetry(writer, node.Retry);
        WriteCompensation(writer, node.Compensate);
        WriteNumber(writer, "timeout_sec", node.TimeoutSec);
        WriteNumber(writer, "batch_deadline_sec", node.BatchDeadlineSec);
        WriteNumber(writer, "priority", node.Priority == 0 ? null : node.Priority);
        WriteLabels(writer, node.Labels);
        WriteText(writer, "role_version", node.RoleVersion);
        WriteText(writer, "grace", node.Grace == "reconnect" ? null : node.Grace);
        WriteNumber(writer, "max_takeovers", node.MaxTakeovers);
        writer.WriteEndObject();
    }

    private static void WriteInput(Utf8JsonWriter writer, NodeInputDefinition? input)
    {
        if (input is null)
        {
            return;
        }

        writer.WriteStartObject("input");
        writer.WriteString("adapter", input.Adapter);
        WriteObject(writer, "args", input.Args);
        if (input.AllowUnknownAdapter)
        {
            writer.WriteBoolean("allow_unknown_adapter", true);
        }

        writer.WriteEndObject();
    }

    private static void WriteParents(Utf8JsonWriter writer, IReadOnlyList<ParentDefinition> parents)
    {
        if (parents.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("depends_on");
        foreach (var parent in parents)
        {
            if (parent == ParentDefinition.FromString(parent.Node))
            {
                writer.WriteStringValue(parent.Node);
                continue;
            }

            writer.WriteStartObject();
            writer.WriteString("node", parent.Node);
            WriteText(writer, "on", parent.On == "success" ? null : parent.On);
            WriteText(writer, "when", parent.When);
            WriteText(writer, "trigger", parent.Trigger);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteLabels(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> labels)
    {
        if (labels.Count == 0)
        {
            return;
        }

        writer.WriteStartObject("labels");
        foreach (var (name, value) in labels)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteRetry(Utf8JsonWriter writer, RetryPolicy retry)
    {
        var defaults = new RetryPolicy();
        if (IsSame(retry, defaults))
        {
            return;
        }

        writer.WriteStartObject("retry");
        WriteNumber(writer, "max", retry.Max == defaults.Max ? null : retry.Max);
        WriteText(writer, "backoff", retry.Backoff == defaults.Backoff ? null : retry.Backoff);
        WriteNumber(writer, "jitter_pct", retry.JitterPct.Equals(defaults.JitterPct) ? null : retry.JitterPct);
        WriteNumber(writer, "backoff_sec", retry.BackoffSec.Equals(defaults.BackoffSec) ? null : retry.BackoffSec);
        WriteNumber(writer, "max_backoff_sec", retry.MaxBackoffSec.Equals(defaults.MaxBackoffSec) ? null : retry.MaxBackoffSec);
        if (!retry.PermanentOn.SequenceEqual(defaults.PermanentOn, StringComparer.Ordinal))
        {
            // Also when it is empty: that is not the default.
            writer.WriteStartArray("permanent_on");
            foreach (var reason in retry.PermanentOn)
            {
                writer.WriteStringValue(reason);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static bool IsSame(RetryPolicy left, RetryPolicy right) =>
        (left.Max, left.Backoff, left.BackoffSec, left.MaxBackoffSec, left.JitterPct).Equals((right.Max, right.Backoff, right.BackoffSec, right.MaxBackoffSec, right.JitterPct))
        && left.PermanentOn.SequenceEqual(right.PermanentOn, StringComparer.Ordinal);

    private static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, double? number)
    {
        if (number is { } value)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(value.ToString("R", CultureInfo.InvariantCulture), skipInputValidation: false);
        }
    }

    private static void WriteObject(Utf8JsonWriter writer, string name, JsonElement? value)
    {
        if (value is { } json)
        {
            writer.WritePropertyName(name);
            json.WriteTo(writer);
        }
    }
}
