using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>One version of a definition.</summary>
internal sealed class WorkflowDefinitionGrain(
    [PersistentState("definition", FlowGrainStorage.Name)] IPersistentState<WorkflowDefinitionRow> state) : Grain, IWorkflowDefinitionGrain
{
    /// <summary>Queries, and updates, that builds of one version may add to each other.</summary>
    private const int NamesMax = 1_000;

    public async Task<bool> RegisterAsync(Payload compiled, CancellationToken cancellationToken)
    {
        var offered = CompiledWorkflow.Parse(compiled.Utf8.Span);
        if (WorkflowDefinitionKeys.Of(offered.Name, offered.Version) != this.GetPrimaryKeyString())
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The definition is that of workflow '{offered.Name}' version {offered.Version}, not of '{this.GetPrimaryKeyString()}'.");
        }

        // First, so that a version that is kept is always known.
        await GrainFactory.GetGrain<IWorkflowCatalogGrain>(IWorkflowCatalogGrain.Key).RecordAsync(offered.Name, offered.Version, cancellationToken);
        if (!state.RecordExists)
        {
            await KeepAsync(offered);
            return true;
        }

        var kept = CompiledWorkflow.Parse(state.State.Compiled.Utf8.Span);
        if (kept.Hash != offered.Hash)
        {
            throw new FlowException(
                FlowErrorCode.AlreadyExists,
                $"Version {offered.Version} of workflow '{offered.Name}' is kept with another definition, and runs may be on it. Raise the version of the changed one.");
        }

        // Builds of one version may differ in what can be asked. What one of them answers is not refused because another one was here later.
        var joined = kept with { Queries = Joined(kept.Queries, offered.Queries), Updates = Joined(kept.Updates, offered.Updates) };
        if (joined != kept)
        {
            await KeepAsync(joined);
        }

        return false;
    }

    public Task<Payload> GetAsync(CancellationToken cancellationToken) => Task.FromResult(state.RecordExists ? state.State.Compiled : default);

    private static ImmutableArray<string> Joined(ImmutableArray<string> kept, ImmutableArray<string> offered) => [.. kept.Union(offered).Take(NamesMax)];

    private async Task KeepAsync(CompiledWorkflow workflow)
    {
        state.State.Compiled = new Payload(workflow.ToUtf8());
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
}
