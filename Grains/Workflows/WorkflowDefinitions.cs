using System.Collections.Concurrent;
using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Grains.Workflows;

/// <summary>The definitions that runs of this silo are on. What a run is decided by never changes, so each is read once; names of queries and updates may be added.</summary>
internal sealed class WorkflowDefinitions
{
    /// <summary>Most definitions that are kept in memory; beyond it they are read again.</summary>
    private const int KeptMax = 10_000;

    private readonly ConcurrentDictionary<(string Name, int Version), CompiledWorkflow> _known = new();

    /// <summary>A definition that is in memory.</summary>
    public CompiledWorkflow? Find(string name, int version) => _known.GetValueOrDefault((name, version));

    /// <summary>A definition, read where it is not in memory; null when it was never registered.</summary>
    public async ValueTask<CompiledWorkflow?> LoadAsync(IGrainFactory grains, string name, int version, CancellationToken cancellationToken)
    {
        if (Find(name, version) is { } known)
        {
            return known;
        }

        var stored = await grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of(name, version)).GetAsync(cancellationToken);
        return stored.IsDefault ? null : Keep(CompiledWorkflow.Parse(stored.Utf8.Span));
    }

    /// <summary>What a run can be asked today: its own definition, or that of a build that was registered since.</summary>
    /// <param name="grains">Finds the grain of the definition.</param>
    /// <param name="workflow">The definition that the run was read with.</param>
    /// <param name="suffices">Whether a definition has what is asked for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<CompiledWorkflow> ReadNamesAsync(
        IGrainFactory grains, CompiledWorkflow workflow, Func<CompiledWorkflow, bool> suffices, CancellationToken cancellationToken)
    {
        if (suffices(workflow) || (Find(workflow.Name, workflow.Version) is { } known && suffices(workflow = known)))
        {
            return workflow;
        }

        var stored = await grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of(workflow.Name, workflow.Version)).GetAsync(cancellationToken);
        if (!stored.IsDefault && CompiledWorkflow.Parse(stored.Utf8.Span) is var newest && suffices(newest))
        {
            _known[(newest.Name, newest.Version)] = newest;
            return newest;
        }

        return workflow;
    }

    /// <summary>The highest version of a workflow; 0 when none is known.</summary>
    public static Task<int> NewestAsync(IGrainFactory grains, string name, CancellationToken cancellationToken) =>
        grains.GetGrain<IWorkflowCatalogGrain>(IWorkflowCatalogGrain.Key).NewestAsync(name, cancellationToken);

    /// <summary>The definition that a stored run is on.</summary>
    /// <exception cref="FlowException"><c>state_corrupt</c>: there is none.</exception>
    public async ValueTask<CompiledWorkflow> RequireAsync(IGrainFactory grains, string name, int version, CancellationToken cancellationToken) =>
        await LoadAsync(grains, name, version, cancellationToken)
            ?? throw new FlowException(FlowErrorCode.StateCorrupt, $"The definition of workflow '{name}' version {version}, which a stored run is on, is not there.");

    private CompiledWorkflow Keep(CompiledWorkflow workflow)
    {
        if (_known.Count >= KeptMax)
        {
            _known.Clear();
        }

        return _known.GetOrAdd((workflow.Name, workflow.Version), workflow);
    }
}
