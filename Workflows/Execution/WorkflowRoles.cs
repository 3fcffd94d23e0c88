using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Execution;

/// <summary>The roles under which the items of a workflow's runs wait for workers: one for each version, and for each role that its nodes name.</summary>
/// <remarks>So an item waits for a worker that has its version, and the queue that nobody serves says what is missing.</remarks>
public static class WorkflowRoles
{
    private const int ShownChars = 80;

    /// <summary>The role of a version's items.</summary>
    /// <param name="workflow">The workflow's name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="nodeRole">The role that the node names; null for none.</param>
    /// <returns>An id by the rule of <see cref="IdText"/>; where it would be too long its end is a hash.</returns>
    public static string Of(string workflow, int version, string? nodeRole = null)
    {
        var role = string.Create(CultureInfo.InvariantCulture, $"workflow.{workflow}.{version}{(nodeRole is null ? "" : "." + nodeRole)}");
        return role.Length <= IdText.MaxLength
            ? role
            : $"{role[..ShownChars]}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(role)), 0, 16)}";
    }

    /// <summary>The role of a node's items.</summary>
    /// <param name="workflow">The workflow.</param>
    /// <param name="node">The node.</param>
    public static string Of(CompiledWorkflow workflow, CompiledNode node)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        ArgumentNullException.ThrowIfNull(node);
        return Of(workflow.Name, workflow.Version, node.Role);
    }

    /// <summary>All roles of a workflow's items, in the order of its nodes, each once.</summary>
    /// <param name="workflow">The workflow.</param>
    /// <param name="nodeRoles">Only the nodes with one of these roles, and those without one; empty: all.</param>
    public static IReadOnlyList<string> Of(CompiledWorkflow workflow, IReadOnlyCollection<string> nodeRoles)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        ArgumentNullException.ThrowIfNull(nodeRoles);
        return
        [
            .. new string?[] { null }
                .Concat(workflow.Nodes.Select(node => node.Role).Where(role => role is not null && (nodeRoles.Count == 0 || nodeRoles.Contains(role))))
                .Distinct(StringComparer.Ordinal)
                .Select(role => Of(workflow.Name, workflow.Version, role)),
        ];
    }
}
