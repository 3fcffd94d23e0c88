using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>What holds for the definitions of a store.</summary>
internal static class KeptDefinitions
{
    /// <summary>A version never changes what it says: runs that began on it count on that.</summary>
    /// <exception cref="FlowException"><c>already_exists</c>.</exception>
    public static void RequireSame(CompiledWorkflow kept, CompiledWorkflow workflow)
    {
        if (Difference(kept, workflow) is { } difference)
        {
            throw difference;
        }
    }

    /// <summary>The exception that is to be thrown; null when the definitions say the same.</summary>
    public static FlowException? Difference(CompiledWorkflow kept, CompiledWorkflow workflow) => kept.Equals(workflow)
        ? null
        : new FlowException(
            FlowErrorCode.AlreadyExists,
            $"Version {workflow.Version} of workflow '{workflow.Name}' is kept with another definition ({kept.Hash[..8]}) than this one ({workflow.Hash[..8]}). Raise the version: runs that began on the kept one end on it.");
}
