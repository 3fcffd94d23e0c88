using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workflows;

/// <summary>The list of known workflows.</summary>
internal sealed class WorkflowCatalogGrain(
    [PersistentState("workflows", FlowGrainStorage.Name)] IPersistentState<WorkflowCatalogRow> state) : Grain, IWorkflowCatalogGrain
{
    public async Task RecordAsync(string workflow, int version, CancellationToken cancellationToken)
    {
        if (state.State.Workflows.TryGetValue(workflow, out var known) && known.Contains(version))
        {
            return;
        }

        state.State.Workflows[workflow] = [.. (known ?? []).Append(version).Order()];
        try
        {
            await state.WriteStateAsync(CancellationToken.None);
        }
        catch
        {
            // What is stored is not known; the next activation reads it.
            DeactivateOnIdle();
            throw;
        }
    }

    public Task<int> NewestAsync(string workflow, CancellationToken cancellationToken) =>
        Task.FromResult(state.State.Workflows.TryGetValue(workflow, out var versions) ? versions[^1] : 0);

    public Task<IReadOnlyList<WorkflowVersions>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<WorkflowVersions>>([.. state.State.Workflows.Select(workflow => new WorkflowVersions(workflow.Key, workflow.Value))]);
}
