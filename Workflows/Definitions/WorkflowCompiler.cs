namespace OrleansFlow.Workflows.Definitions;

/// <summary>Makes a checked workflow's stored form.</summary>
internal static class WorkflowCompiler
{
    public static CompiledWorkflow Compile<TContext>(
        string name,
        int version,
        IReadOnlyList<WorkflowNode<TContext>> nodes,
        WorkflowNode<TContext> start,
        OutputRule output,
        IEnumerable<string> queries,
        IEnumerable<string> updates)
    {
        var places = nodes.Select((node, index) => (node.Name, index)).ToDictionary(pair => pair.Name, pair => pair.index, StringComparer.Ordinal);
        return new CompiledWorkflow
        {
            Name = name,
            Version = version,
            Start = places[start.Name],
            Output = output,
            Queries = [.. queries],
            Updates = [.. updates],
            Nodes = [.. nodes.Select(node => new CompiledNode
            {
                Name = node.Name,
                Edges = [.. node.Edges.Select(edge => new CompiledEdge(edge.Kind, edge.TargetName is null ? CompiledEdge.End : places[edge.TargetName], edge.Arm?.Label))],
                Join = node.JoinRule,
                Retry = node.RetryPolicy,
                Timeout = node.TimeLimit,
                Role = node.RoleName,
                ConcurrencyKey = node.Key,
                ConcurrencyLimit = node.KeyLimit,
                MaxVisits = node.VisitLimit,
            })],
        };
    }
}
