namespace OrleansFlow.Decisions.Jobs;

/// <summary>
/// Decides when checkpoints begin, when they are complete, and when sinks commit. Pure: the same book, command and time always give the same decision.
/// One checkpoint is under way at a time; each has an epoch of its own that is never given out twice.
/// </summary>
public static class CheckpointCoordinator
{
    /// <summary>The epoch under which a subtask stores its state when it ends by itself.</summary>
    public const long AtTheEnd = 0;

    /// <summary>Decides.</summary>
    /// <param name="book">The checkpoints as they are.</param>
    /// <param name="command">What has happened, or is wanted.</param>
    /// <param name="context">The job.</param>
    /// <param name="nowUtc">The time.</param>
    public static CheckpointDecision Decide(CheckpointBook book, CheckpointCommand command, CheckpointContext context, DateTimeOffset nowUtc)
    {
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(command);
        var step = new CheckpointStep(book, context, nowUtc);
        switch (command)
        {
            case CheckpointCommand.Begin:
                step.Begin();
                break;
            case CheckpointCommand.TakeLast:
                step.TakeLast();
                break;
            case CheckpointCommand.TakeNow:
                step.TakeNow();
                break;
            case CheckpointCommand.TakeFinal:
                step.TakeFinal();
                break;
            case CheckpointCommand.Store store:
                step.Store(store);
                break;
            case CheckpointCommand.Fail fail:
                step.Fail(fail);
                break;
            case CheckpointCommand.Publish publish:
                step.Published(publish);
                break;
            case CheckpointCommand.Commit commit:
                step.Committed(commit);
                break;
            case CheckpointCommand.Mark mark:
                step.Marked(mark.Epoch);
                break;
            case CheckpointCommand.Compact compact:
                step.Compacted(compact);
                break;
            case CheckpointCommand.Abandon abandon:
                step.Abandon(abandon.Reason);
                break;
            case CheckpointCommand.Reload:
                step.Reload();
                break;
            case CheckpointCommand.Tick tick:
                step.Tick(tick.MayStart);
                break;
            default:
                throw new ArgumentException($"Unknown command {command.GetType().Name}.", nameof(command));
        }

        return step.ToDecision();
    }
}
