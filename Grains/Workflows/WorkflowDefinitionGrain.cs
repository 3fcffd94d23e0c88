using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>One version of a definition.</summary>
internal sealed class WorkflowDefinitionGrain(
    [PersistentState("definition", FlowGrainStorage.Name)] IPersistentState<WorkflowDefinitionRow> state) : Grain, IWorkflowDefinitionGrain
{
    public async Task<bool> RegisterAsync(Payload compiled, CancellationToken cancellationToken)
    {
        var offered = CompiledWorkflow.Parse(compiled.Utf8.Span);
        if (WorkflowDefinitionKeys.Of(offered.Name, offered.Version) != this.GetPrimaryKeyString())
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The definition is that of workflow '{offered.Name}' version {offered.Version}, not of '{this.GetPrimaryKeyString()}'.");
        }

        // First, so that a version that is kept is always known.
        await GrainFactory.GetGrain<IWorkflowCatalogGrain>(IWorkflowCatalogGrain.Key).RecordAsync(offered.Name, offered.Version, cancellationToken);
        if (state.RecordExists)
        {
            return CompiledWorkflow.Parse(state.State.Compiled.Utf8.Span).Hash == offered.Hash
                ? false
                : throw new FlowException(
                    FlowErrorCode.AlreadyExists,
                    $"Version {offered.Version} of workflow '{offered.Name}' is kept with another definition, and runs may be on it. Raise the version of the changed one.");
        }

        state.State.Compiled = new Payload(offered.ToUtf8());
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

        return true;
    }

    public Task<Payload> GetAsync(CancellationToken cancellationToken) => Task.FromResult(state.RecordExists ? state.State.Compiled : default);
}
