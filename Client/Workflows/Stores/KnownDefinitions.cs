using System.Collections.Concurrent;
using Orleans;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Client.Workflows.Stores;

/// <summary>The definitions of a cluster, as far as they were asked for. They never change, so each is read once. Thread-safe.</summary>
internal sealed class KnownDefinitions(IGrainFactory grains)
{
    /// <summary>Most definitions that are kept in memory; beyond it they are read again.</summary>
    private const int KeptMax = 10_000;

    private readonly ConcurrentDictionary<WorkflowVersion, CompiledWorkflow> _known = new();

    /// <summary>Keeps a definition in the cluster.</summary>
    /// <exception cref="OrleansFlow.Errors.FlowException"><c>already_exists</c>: its version has another content.</exception>
    public async Task RegisterAsync(CompiledWorkflow workflow, CancellationToken cancellationToken)
    {
        var version = new WorkflowVersion(workflow.Name, workflow.Version);
        if (_known.TryGetValue(version, out var known) && known.Hash == workflow.Hash)
        {
            return;
        }

        await Grain(version).RegisterAsync(new Payload(workflow.ToUtf8()), cancellationToken).ConfigureAwait(false);
        Keep(version, workflow);
    }

    /// <summary>A definition; null when its version is not known.</summary>
    public async ValueTask<CompiledWorkflow?> FindAsync(WorkflowVersion version, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(version, out var known))
        {
            return known;
        }

        var stored = await Grain(version).GetAsync(cancellationToken).ConfigureAwait(false);
        return stored.IsDefault ? null : Keep(version, CompiledWorkflow.Parse(stored.Utf8.Span));
    }

    /// <summary>Every version of every workflow that is known.</summary>
    public async Task<IReadOnlyList<WorkflowVersion>> ListAsync(CancellationToken cancellationToken)
    {
        var all = await grains.GetGrain<IWorkflowCatalogGrain>(IWorkflowCatalogGrain.Key).ListAsync(cancellationToken).ConfigureAwait(false);
        return [.. all.SelectMany(workflow => workflow.Versions.Select(version => new WorkflowVersion(workflow.Workflow, version)))];
    }

    /// <summary>The roles of the queues in which the items are that somebody can do.</summary>
    /// <param name="workflow">The definition.</param>
    /// <param name="roles">What he serves beside items without a role; null: all roles.</param>
    public static IEnumerable<string> QueuesOf(CompiledWorkflow workflow, IReadOnlyList<string>? roles) => workflow.Nodes
        .Where(node => node.Role is { } role && (roles is null || roles.Contains(role, StringComparer.Ordinal)))
        .Select(node => WorkflowRoles.Of(workflow, node))
        .Prepend(WorkflowRoles.Of(workflow.Name, workflow.Version))
        .Distinct(StringComparer.Ordinal);

    private CompiledWorkflow Keep(WorkflowVersion version, CompiledWorkflow workflow)
    {
        if (_known.Count >= KeptMax)
        {
            _known.Clear();
        }

        return _known.GetOrAdd(version, workflow);
    }

    private IWorkflowDefinitionGrain Grain(WorkflowVersion version) =>
        grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of(version.Name, version.Version));
}
