using System.Text;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>Draws a workflow.</summary>
public static class WorkflowPicture
{
    /// <summary>The workflow in Graphviz' language: branches labelled, fallbacks dotted and red.</summary>
    /// <param name="workflow">What to draw.</param>
    /// <returns>The same text for the same definition.</returns>
    public static string ToDot(this CompiledWorkflow workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        var text = new StringBuilder()
            .Append("digraph \"").Append(workflow.Name).Append("\" {\n")
            .Append("  rankdir=LR;\n")
            .Append("  node [shape=box, style=filled, fontname=\"Helvetica\", fillcolor=lightgray];\n")
            .Append("  edge [arrowhead=vee];\n");
        foreach (var node in workflow.Nodes)
        {
            text.Append("  \"").Append(node.Name).Append('"').Append(node.Join is null ? "" : " [shape=hexagon]").Append(";\n");
        }

        foreach (var (source, edge) in Edges(workflow))
        {
            text.Append("  \"").Append(source.Name).Append("\" -> ");
            _ = edge.Target == CompiledEdge.End ? text.Append("end") : text.Append('"').Append(workflow.Nodes[edge.Target].Name).Append('"');
            text.Append(edge.Kind switch
            {
                EdgeKind.Branch => $" [label=\"{edge.Label?.Replace("\"", "\\\"", StringComparison.Ordinal)}\"]",
                EdgeKind.Fallback => " [style=\"dotted\", color=\"red\", label=\"fallback\"]",
                _ => "",
            }).Append(";\n");
        }

        return text.Append("  end [shape=circle, label=\"\"];\n}\n").ToString();
    }

    /// <summary>The workflow as a Mermaid flow chart.</summary>
    /// <param name="workflow">What to draw.</param>
    /// <returns>The same text for the same definition.</returns>
    public static string ToMermaid(this CompiledWorkflow workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        var text = new StringBuilder("flowchart LR\n");
        for (var index = 0; index < workflow.Nodes.Length; index++)
        {
            var node = workflow.Nodes[index];
            text.Append("  n").Append(index).Append(node.Join is null ? "[\"" : "{{\"").Append(node.Name).Append(node.Join is null ? "\"]\n" : "\"}}\n");
        }

        foreach (var (source, edge) in Edges(workflow))
        {
            text.Append("  n").Append(workflow.Nodes.IndexOf(source)).Append(edge.Kind switch
            {
                EdgeKind.Branch => $" -->|\"{edge.Label?.Replace("\"", "#quot;", StringComparison.Ordinal)}\"| ",
                EdgeKind.Fallback => " -.->|fallback| ",
                _ => " --> ",
            });
            _ = edge.Target == CompiledEdge.End ? text.Append("done(( ))\n") : text.Append('n').Append(edge.Target).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<(CompiledNode Source, CompiledEdge Edge)> Edges(CompiledWorkflow workflow) =>
        workflow.Nodes.SelectMany(node => node.Edges.Select(edge => (node, edge)));
}
