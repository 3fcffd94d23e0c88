using System.Collections.Concurrent;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Checkpoints;

/// <summary>Keeps runs in memory, as JSON, so that what a test reads is what a file would hold. For tests; grows with every id.</summary>
public sealed class MemoryCheckpoints : IWorkflowCheckpoints
{
    private readonly ConcurrentDictionary<string, byte[]> _runs = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask SaveAsync(string id, WorkflowRunState run, CancellationToken cancellationToken)
    {
        _runs[id] = WorkflowRunJson.Write(run);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<WorkflowRunState?> LoadAsync(string id, CancellationToken cancellationToken) =>
        new(_runs.TryGetValue(id, out var json) ? WorkflowRunJson.Read(json) : null);
}
