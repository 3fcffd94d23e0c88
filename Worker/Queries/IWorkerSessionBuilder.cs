namespace OrleansFlow.Worker.Queries;

/// <summary>Prepares the engine's session of each task: views, settings, attached databases, nodes. Called once per plan; several at a time.</summary>
public interface IWorkerSessionBuilder
{
    /// <summary>Prepares a session before the plan's own views are made.</summary>
    /// <param name="context">The session and what came with the plan; not to be kept.</param>
    /// <param name="cancellationToken">Fires when the task is cancelled or its time is up.</param>
    /// <exception cref="Errors.FlowException">Fails the plan: every reader of it gets code and message. Other exceptions become <c>unexpected_error</c>.</exception>
    Task BuildAsync(WorkerQueryContext context, CancellationToken cancellationToken);
}
