using System.Text;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Runs;

/// <summary>Draws a run: its workflow, with what each node's items do. Of a failed run, what failed and what was not done.</summary>
public static class RunPicture
{
    private static readonly (string State, string Colour)[] Colours =
        [("failed", "salmon"), ("running", "lightblue"), ("retrying", "orange"), ("waiting", "khaki"), ("pending", "white"), ("done", "palegreen")];

    /// <summary>The run in Graphviz' language.</summary>
    /// <param name="workflow">The run's workflow.</param>
    /// <param name="run">The run.</param>
    public static string ToDot(this CompiledWorkflow workflow, WorkflowRunState run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var text = new StringBuilder(workflow.ToDot());
        text.Length -= "}\n".Length;
        foreach (var (node, state) in States(run))
        {
            var colour = Array.Find(Colours, pair => pair.State == state).Colour;
            text.Append("  \"").Append(run.Workflow.Nodes[node].Name).Append("\" [fillcolor=").Append(colour).Append(", tooltip=\"").Append(state).Append("\"];\n");
        }

        return text.Append("}\n").ToString();
    }

    /// <summary>The run as a Mermaid flow chart.</summary>
    /// <param name="workflow">The run's workflow.</param>
    /// <param name="run">The run.</param>
    public static string ToMermaid(this CompiledWorkflow workflow, WorkflowRunState run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var text = new StringBuilder(workflow.ToMermaid());
        foreach (var (state, colour) in Colours)
        {
            text.Append("  classDef ").Append(state).Append(" fill:").Append(colour).Append('\n');
        }

        foreach (var (node, state) in States(run))
        {
            text.Append("  class n").Append(node).Append(' ').Append(state).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The nodes that have had items, each with the first of the states that one of its items is in.</summary>
    private static IEnumerable<(int Node, string State)> States(WorkflowRunState run)
    {
        var states = run.Items.Values.Concat(run.Left?.Items.Values ?? []).Where(item => item.Node >= 0).ToLookup(item => item.Node, item => item.Status switch
        {
            WorkItemStatus.PermanentlyFailed => 0,
            WorkItemStatus.InProgress => 1,
            WorkItemStatus.WaitingRetry => 2,
            WorkItemStatus.Pending => 4,
            _ => 3,
        });
        for (var node = 0; node < run.Visits.Count; node++)
        {
            if (states.Contains(node))
            {
                yield return (node, Colours[states[node].Min()].State);
            }
            else if (run.Visits[node] > 0)
            {
                yield return (node, "done");
            }
        }
    }
}
