using System.Text.Json;

namespace OrleansFlow.Graphs;

/// <content>The members of a node that are objects.</content>
public static partial class GraphDocument
{
    private static void WriteGraphs(Utf8JsonWriter writer, IReadOnlyDictionary<string, GraphDefinition> graphs)
    {
        if (graphs.Count == 0)
        {
            return;
        }

        writer.WriteStartObject("graphs");
        foreach (var (name, graph) in graphs)
        {
            writer.WriteStartObject(name);
            WriteBody(writer, graph);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>What a graph has wherever it is written.</summary>
    private static void WriteBody(Utf8JsonWriter writer, GraphDefinition graph)
    {
        WriteObject(writer, "params", graph.Params);
        WriteObject(writer, "vars", graph.Vars);
        WriteNumber(writer, "deadline_sec", graph.DeadlineSec);
        if (graph.Outputs.Count > 0)
        {
            writer.WriteStartObject("outputs");
            foreach (var (name, expression) in graph.Outputs)
            {
                writer.WriteString(name, expression);
            }

            writer.WriteEndObject();
        }

        writer.WriteStartArray("nodes");
        foreach (var node in graph.Nodes)
        {
            WriteNode(writer, node);
        }

        writer.WriteEndArray();
    }

    private static void WriteForeach(Utf8JsonWriter writer, ForeachDefinition? scatter)
    {
        if (scatter is null)
        {
            return;
        }

        writer.WriteStartObject("foreach");
        WriteText(writer, "items", scatter.Items);
        WriteObject(writer, "items", scatter.List);
        WriteText(writer, "batches_of", scatter.BatchesOf);
        WriteText(writer, "as", scatter.As == "item" ? null : scatter.As);
        WriteText(writer, "barrier", scatter.Barrier == "all" ? null : scatter.Barrier);
        WriteNumber(writer, "max_items", scatter.MaxItems == 10_000 ? null : scatter.MaxItems);
        writer.WriteEndObject();
    }

    private static void WriteCompensation(Utf8JsonWriter writer, CompensationDefinition? compensation)
    {
        if (compensation is not null)
        {
            writer.WriteStartObject("compensate");
            writer.WriteString("role", compensation.Role);
            WriteObject(writer, "params", compensation.Params);
            WriteRetry(writer, compensation.Retry);
            WriteNumber(writer, "timeout_sec", compensation.TimeoutSec);
            if (compensation.OnCancel)
            {
                writer.WriteBoolean("on_cancel", true);
            }

            writer.WriteEndObject();
        }
    }

    private static void WriteConcurrency(Utf8JsonWriter writer, ConcurrencyDefinition? concurrency)
    {
        if (concurrency is not null)
        {
            writer.WriteStartObject("concurrency");
            WriteNumber(writer, "limit", concurrency.Limit);
            WriteText(writer, "key", concurrency.Key);
            writer.WriteEndObject();
        }
    }
}
