using System.Runtime.CompilerServices;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workflows;

/// <summary>The list of known workflows.</summary>
internal sealed class WorkflowCatalogGrain(
    [PersistentState("workflows", FlowGrainStorage.Name)] IPersistentState<WorkflowCatalogRow> state) : Grain, IWorkflowCatalogGrain
{
    private readonly CommitSignal _recorded = new();

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

        _recorded.Pulse();
    }

    public Task<int> NewestAsync(string workflow, CancellationToken cancellationToken) =>
        Task.FromResult(state.State.Workflows.TryGetValue(workflow, out var versions) ? versions[^1] : 0);

    public Task<IReadOnlyList<WorkflowVersions>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<WorkflowVersions>>([.. state.State.Workflows.Select(workflow => new WorkflowVersions(workflow.Key, workflow.Value))]);

    public async IAsyncEnumerable<int> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var told = -1; ;)
        {
            var count = state.State.Workflows.Values.Sum(versions => versions.Count);
            if (count != told)
            {
                yield return told = count;
            }
            else
            {
                await _recorded.WaitAsync(cancellationToken);
            }
        }
    }
}
