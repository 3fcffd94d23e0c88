using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>Reads what a graph has wherever it is written: as the document itself, under a name, or as the body of a node.</summary>
internal static class GraphBodyReader
{
    /// <summary>What such a graph may have.</summary>
    public static readonly ImmutableArray<string> Members = ["params", "vars", "deadline_sec", "outputs", "nodes"];

    /// <summary>The graphs that nodes name.</summary>
    public static SortedDictionary<string, GraphDefinition> ReadGraphs(GraphReader reader, List<FlowProblem> problems)
    {
        var graphs = new SortedDictionary<string, GraphDefinition>(StringComparer.Ordinal);
        if (!reader.TryGet("graphs", out var value))
        {
            return graphs;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            reader.Expected("graphs", "an object of name to graph", value);
            return graphs;
        }

        foreach (var graph in value.EnumerateObject())
        {
            var path = $"graphs.{graph.Name}";
            if (!Tasks.IdText.IsValid(graph.Name))
            {
                reader.Note(GraphProblemCodes.BadId, path, GraphReader.BadIdMessage(graph.Name, "graph name"));
            }
            else if (graph.Value.ValueKind != JsonValueKind.Object)
            {
                reader.Expected(path, "an object", graph.Value);
            }
            else if (!graphs.TryAdd(graph.Name, Read(new GraphReader(graph.Value, path, Members, problems), graph.Name, problems)))
            {
                reader.Note(GraphProblemCodes.BadValue, path, $"'{graph.Name}' is written twice; keep one.");
            }
        }

        return graphs;
    }

    public static GraphDefinition Read(GraphReader reader, string name, List<FlowProblem> problems) => new()
    {
        Name = name,
        Params = reader.FreeObject("params"),
        Vars = reader.FreeObject("vars"),
        DeadlineSec = reader.Number("deadline_sec", 1, 31_536_000),
        Outputs = ReadOutputs(reader),
        Nodes = ReadNodes(reader, problems),
    };

    private static List<NodeDefinition> ReadNodes(GraphReader reader, List<FlowProblem> problems)
    {
        var nodes = new List<NodeDefinition>();
        if (!reader.TryGet("nodes", out var list))
        {
            reader.Note(GraphProblemCodes.MissingField, reader.PathOf("nodes"), "'nodes' is required.");
        }
        else if (list.ValueKind != JsonValueKind.Array)
        {
            reader.Expected("nodes", "a list of nodes", list);
        }
        else if (list.GetArrayLength() == 0)
        {
            reader.Note(GraphProblemCodes.Empty, reader.PathOf("nodes"), "a graph needs at least one node.");
        }
        else if (list.GetArrayLength() > GraphLimits.NodeCountMax)
        {
            reader.Note(GraphProblemCodes.TooLarge, reader.PathOf("nodes"), $"{list.GetArrayLength()} nodes; at most {GraphLimits.NodeCountMax} are allowed.");
        }
        else
        {
            foreach (var element in list.EnumerateArray())
            {
                if (element.ValueKind != JsonValueKind.Object)
                {
                    reader.Expected(string.Create(CultureInfo.InvariantCulture, $"nodes[{nodes.Count}]"), "an object", element);
                    nodes.Add(new NodeDefinition { Id = "" });
                    continue;
                }

                nodes.Add(NodeReader.Read(new GraphReader(element, reader, "nodes", nodes.Count, NodeReader.Members, problems), problems));
            }
        }

        return nodes;
    }

    private static SortedDictionary<string, string> ReadOutputs(GraphReader reader)
    {
        var outputs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (!reader.TryGet("outputs", out var value))
        {
            return outputs;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            reader.Expected("outputs", "an object of name to expression", value);
            return outputs;
        }

        foreach (var output in value.EnumerateObject())
        {
            if (output.Value.ValueKind == JsonValueKind.String && output.Value.GetString() is { Length: > 0 } expression)
            {
                outputs[output.Name] = expression;
            }
            else
            {
                reader.Expected($"outputs.{output.Name}", "an expression", output.Value);
            }
        }

        return outputs;
    }
}
