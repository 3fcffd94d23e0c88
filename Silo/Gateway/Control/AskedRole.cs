using System.Globalization;
using OrleansFlow.Decisions.Graphs;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>A role that a document asks for, and where; the place is written out only when there is something to say about it.</summary>
internal readonly record struct AskedRole(string Role, int Node, string Member)
{
    public string Path => string.Create(CultureInfo.InvariantCulture, $"nodes[{Node}].{Member}");

    /// <summary>The roles of a document; also of one that is wrong, so that all is said at once.</summary>
    public static IEnumerable<AskedRole> By(GraphParseResult parsed)
    {
        if (parsed.Plan is { } plan)
        {
            foreach (var node in plan.Nodes)
            {
                var (position, member) = node.Compensation is { } compensation ? (compensation.Node, "compensate.role") : (node.Index, node.Child is null ? "role" : "graph");
                if (node.Child is not null)
                {
                    foreach (var role in node.Child.RoleNames)
                    {
                        yield return new AskedRole(role, position, member);
                    }
                }
                else if (node.NeedsWorker)
                {
                    yield return new AskedRole(node.Role, position, member);
                }
            }

            yield break;
        }

        foreach (var (index, node) in (parsed.Definition?.Nodes ?? []).Index())
        {
            if (node.Role.Length > 0)
            {
                yield return new AskedRole(node.Role, index, "role");
            }
        }
    }
}
