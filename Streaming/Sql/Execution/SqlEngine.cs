using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Streaming.Sql.Execution;

/// <summary>Where the texts of a job run.</summary>
/// <param name="instance">The engine; stays the caller's.</param>
/// <param name="functions">What the texts may call besides what SQL has; null for nothing. It stays the caller's.</param>
internal sealed class SqlEngine(EngineInstance instance, LoadedFunctions? functions)
{
    public EngineInstance Instance { get; } = instance;

    public IReadOnlyList<EngineFunction> Functions { get; } = functions?.Functions ?? [];

    /// <summary>The failure of a function that the engine tells; it keeps the message only.</summary>
    public FlowException? TryFind(string message) => functions?.Failures.TryFind(message);
}
