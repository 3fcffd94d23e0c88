using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Workflows.Execution;

/// <summary>A step goes on from a context that this worker does not have: it began lately, or has served many runs since.</summary>
[SuppressMessage("Design", "CA1032", Justification = "It is thrown in one place, with what it is about.")]
public sealed class ContextMissingException(string run, long version)
    : Exception($"Version {version} of the context of run '{run}' is not kept by this worker.")
{
    /// <summary>The reason that a worker gives for handing the item back.</summary>
    public const string Reason = "context_missing";
}
