using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Runs;

/// <summary>What a worker may propose for an item, by the definition.</summary>
internal static class OutcomeRules
{
    /// <summary>Why an outcome cannot be committed; null when it can.</summary>
    public static string? Problem(WorkflowRunState state, WorkItem item, StepOutcome outcome)
    {
        if (item.Node < 0)
        {
            return outcome.Successors.IsEmpty && outcome.Outputs.IsEmpty && !outcome.GoesOn && outcome.Children.IsEmpty && outcome.ContinueAsNew is null
                ? RunAttributes.Problem(state.Attributes, outcome.Attributes)
                : $"Update '{item.Update}' answers; it has no successors, outputs, waits or children.";
        }

        var node = state.Workflow.Nodes[item.Node];
        foreach (var seed in outcome.Successors)
        {
            if (!Leads(node, seed.Node))
            {
                return $"Node '{node.Name}' has no edge to node {seed.Node} of workflow '{state.Workflow.Name}'.";
            }
        }

        if (state.Items.Count + outcome.Successors.Length > WorkflowRunDecider.MaxItems + 1)
        {
            return $"Node '{node.Name}' is followed by {outcome.Successors.Length} items, beside {state.Items.Count - 1} that are not done; a run has at most {WorkflowRunDecider.MaxItems}. Split into parts, or start child runs.";
        }

        if (outcome.Outputs.Length > 0 && !Leads(node, CompiledEdge.End))
        {
            return $"Node '{node.Name}' does not end a branch of workflow '{state.Workflow.Name}' and cannot give an output.";
        }

        // What most steps have none of is looked at together.
        return outcome.Signal is null && !outcome.Repeat && outcome.ContinueAsNew is null && outcome.Children.IsEmpty && outcome.Attributes.IsEmpty
            ? null
            : RareProblem(state, node, outcome);
    }

    private static string? RareProblem(WorkflowRunState state, CompiledNode node, StepOutcome outcome)
    {
        var awaits = false;
        foreach (var child in outcome.Children)
        {
            awaits |= child.Await;
        }

        var ways = (outcome.Signal is null ? 0 : 1) + (outcome.Repeat ? 1 : 0) + (outcome.ContinueAsNew is null ? 0 : 1) + (awaits ? 1 : 0);
        if (ways > 1 || (ways == 1 && (outcome.Successors.Length > 0 || outcome.Outputs.Length > 0)))
        {
            return $"Node '{node.Name}' goes on in more than one way: successors or outputs, a signal, its own repetition, awaited children, or the run as new.";
        }

        if (outcome.ContinueAsNew is not null && (outcome.DueUtc is not null || outcome.DueIn is not null))
        {
            return $"Node '{node.Name}' continues the run as new, which happens at once: sleep in a step before.";
        }

        return ChildProblem(state, node, outcome) ?? RunAttributes.Problem(state.Attributes, outcome.Attributes);
    }

    private static string? ChildProblem(WorkflowRunState state, CompiledNode node, StepOutcome outcome)
    {
        if (state.Children.Count + outcome.Children.Length > WorkflowRunDecider.MaxChildren)
        {
            return $"Node '{node.Name}' starts {outcome.Children.Length} child runs and {state.Children.Count} live already; a run has at most {WorkflowRunDecider.MaxChildren}.";
        }

        var ids = outcome.Children.Length > 1 ? new HashSet<string>(StringComparer.Ordinal) : null;
        var order = state.LastOrder;
        foreach (var child in outcome.Children)
        {
            order++;
            var id = child.Id ?? WorkflowRunDecider.ChildId(state.RunId, order);
            if (!IdText.IsValid(id))
            {
                return $"Node '{node.Name}' starts a child run with the id '{id}': use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit.";
            }

            if (id == state.RunId || state.Children.ContainsKey(id) || ids?.Add(id) == false)
            {
                return $"Node '{node.Name}' starts child run '{id}', which lives already.";
            }
        }

        return null;
    }

    private static bool Leads(CompiledNode node, int target)
    {
        foreach (var edge in node.Edges)
        {
            if (edge.Target == target && edge.Kind != EdgeKind.Fallback)
            {
                return true;
            }
        }

        return false;
    }
}
