using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Runs;

/// <summary>Finds where a run goes back to.</summary>
public static class WorkflowReset
{
    /// <summary>The run as it was before an item was committed for the last time, with what has come from outside since.</summary>
    /// <param name="from">The run at the beginning of <paramref name="events"/>: <see cref="WorkflowRunState.None"/> or a snapshot.</param>
    /// <param name="events">All events since.</param>
    /// <param name="item">The item.</param>
    /// <remarks>
    /// Signals and ends of children that came later are kept, so that none is lost; they are there when the step runs again.
    /// </remarks>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.NotFound"/>: no step with this id was committed in the events.</exception>
    public static WorkflowRunState Before(WorkflowRunState from, IReadOnlyList<WorkflowRunEvent> events, long item)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(events);
        var place = events.Count - 1;
        while (place >= 0 && !(events[place] is WorkflowRunEvent.Committed committed && committed.Item == item))
        {
            place--;
        }

        if (place < 0)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"Run '{from.RunId}' has no committed step {item} in its log. The history lists the steps that a run can go back to.");
        }

        var edit = new RunEdit(from);
        for (var index = 0; index < events.Count; index++)
        {
            if (index < place || IsFromOutside(events[index], edit.State))
            {
                edit.Apply(events[index]);
            }
        }

        return edit.Finish();
    }

    private static bool IsFromOutside(WorkflowRunEvent happened, WorkflowRunState state) => happened switch
    {
        WorkflowRunEvent.Signalled => true,
        WorkflowRunEvent.ChildFinished child => state.Children.ContainsKey(child.Child),
        _ => false,
    };
}
