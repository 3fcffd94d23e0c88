using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Workflows;

/// <summary>One schedule of workflow runs. Key: its id.</summary>
/// <remarks>
/// Acts at its times whether anybody calls it or not: a reminder brings it back after the loss of every process. A run's id is made from the schedule's id and
/// the time, so that a start that is done twice starts one run.
/// </remarks>
[Alias("OrleansFlow.IWorkflowScheduleGrain")]
public interface IWorkflowScheduleGrain : IGrainWithStringKey
{
    /// <summary>Creates the schedule, or changes what it is to do. Durable before it returns.</summary>
    /// <param name="schedule">JSON of a <see cref="WorkflowSchedule"/>.</param>
    /// <param name="cancellationToken">Gives up waiting; it may have happened.</param>
    /// <returns>True when it is new.</returns>
    /// <exception cref="Errors.FlowException"><c>bad_input</c> with everything that is wrong.</exception>
    [Alias("Put")]
    Task<bool> PutAsync(Payload schedule, CancellationToken cancellationToken);

    /// <summary>Where it stands; null when there is none.</summary>
    [Alias("Get")]
    Task<WorkflowScheduleView?> GetAsync(CancellationToken cancellationToken);

    /// <summary>Starts nothing by itself until it goes on.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>.</exception>
    [Alias("Pause")]
    Task<WorkflowScheduleView> PauseAsync(string? note, CancellationToken cancellationToken);

    /// <summary>Goes on with the next time.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>.</exception>
    [Alias("Unpause")]
    Task<WorkflowScheduleView> UnpauseAsync(string? note, CancellationToken cancellationToken);

    /// <summary>Starts a run now, paused or not.</summary>
    /// <param name="overlap">What happens while another has not ended; null: as the schedule says.</param>
    /// <param name="cancellationToken">Gives up waiting; it may have happened.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>bad_input</c>: all of its runs were started.</exception>
    [Alias("Trigger")]
    Task<WorkflowScheduleView> TriggerAsync(ScheduleOverlap? overlap, CancellationToken cancellationToken);

    /// <summary>Does the times of a range of the past; one that was run is not run again.</summary>
    /// <param name="fromUtc">From this time on.</param>
    /// <param name="untilUtc">Up to this time.</param>
    /// <param name="overlap">What happens while another has not ended.</param>
    /// <param name="cancellationToken">Gives up waiting; it may have happened.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>bad_input</c>: the range is not possible.</exception>
    [Alias("Backfill")]
    Task<WorkflowScheduleView> BackfillAsync(DateTimeOffset fromUtc, DateTimeOffset untilUtc, ScheduleOverlap overlap, CancellationToken cancellationToken);

    /// <summary>Deletes the schedule; its runs go on.</summary>
    /// <returns>False when there is none.</returns>
    [Alias("Delete")]
    Task<bool> DeleteAsync(CancellationToken cancellationToken);
}

/// <summary>Which schedules there are, in shards. Key: the shard number as text; see <see cref="WorkflowShards.KeyOfSchedule"/>.</summary>
[Alias("OrleansFlow.IWorkflowScheduleListGrain")]
public interface IWorkflowScheduleListGrain : IGrainWithStringKey
{
    /// <summary>Adds a schedule. Durable before it returns; one that is there is fine.</summary>
    /// <exception cref="Errors.FlowException"><c>limit_exceeded</c>: there are too many.</exception>
    [Alias("Add")]
    Task AddAsync(string schedule, CancellationToken cancellationToken);

    /// <summary>Takes a schedule out. Durable before it returns; one that is not there is fine.</summary>
    [Alias("Remove")]
    Task RemoveAsync(string schedule, CancellationToken cancellationToken);

    /// <summary>Ids in their order.</summary>
    /// <param name="after">Only ids that come after this one; empty: from the first.</param>
    /// <param name="limit">Most ids; 1 or more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [Alias("List")]
    Task<IReadOnlyList<string>> ListAsync(string after, int limit, CancellationToken cancellationToken);
}
