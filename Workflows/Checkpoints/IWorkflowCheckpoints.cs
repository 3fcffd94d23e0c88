using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Checkpoints;

/// <summary>Keeps runs of the local mode, so that they can go on after the process has ended.</summary>
public interface IWorkflowCheckpoints
{
    /// <summary>Keeps a run under an id and replaces what was kept under it. On return it is as durable as the store is.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Ends the wait; whether the run was kept is then not known.</param>
    ValueTask SaveAsync(string id, WorkflowRunState run, CancellationToken cancellationToken);

    /// <summary>Reads a run; <see langword="null"/> when none is kept under the id.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<WorkflowRunState?> LoadAsync(string id, CancellationToken cancellationToken);
}
