using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>One version of a workflow's definition, kept for the runs that began on it. Key: <c>NAME@VERSION</c>.</summary>
[Alias("OrleansFlow.IWorkflowDefinitionGrain")]
public interface IWorkflowDefinitionGrain : IGrainWithStringKey
{
    /// <summary>Keeps the definition; durable before it returns. Repeating it is fine.</summary>
    /// <param name="compiled">JSON of a <see cref="Definitions.CompiledWorkflow"/>.</param>
    /// <param name="cancellationToken">Gives up waiting; it may be kept.</param>
    /// <returns>True when it is new.</returns>
    /// <exception cref="Errors.FlowException"><c>already_exists</c>: the version has another content; <c>bad_input</c>: it is no definition, or not of this name and version.</exception>
    [Alias("Register")]
    Task<bool> RegisterAsync(Payload compiled, CancellationToken cancellationToken);

    /// <summary>The definition's JSON; <c>default</c> when this version is not known.</summary>
    [Alias("Get")]
    Task<Payload> GetAsync(CancellationToken cancellationToken);
}
