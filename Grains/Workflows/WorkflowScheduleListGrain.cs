using OrleansFlow.Errors;
using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workflows;

/// <summary>A shard of the list of schedules.</summary>
internal sealed class WorkflowScheduleListGrain(
    [PersistentState("schedules", FlowGrainStorage.Name)] IPersistentState<WorkflowScheduleListRow> row) : Grain, IWorkflowScheduleListGrain
{
    /// <summary>Most schedules of a shard: 80 000 in all.</summary>
    private const int SchedulesMax = 5_000;

    public Task AddAsync(string schedule, CancellationToken cancellationToken)
    {
        var index = row.State.Schedules.BinarySearch(schedule, StringComparer.Ordinal);
        if (index >= 0)
        {
            return Task.CompletedTask;
        }

        if (row.State.Schedules.Count >= SchedulesMax)
        {
            throw new FlowException(FlowErrorCode.LimitExceeded, $"There are {SchedulesMax} schedules in the shard of '{schedule}'; delete some.");
        }

        row.State.Schedules.Insert(~index, schedule);
        return WriteAsync();
    }

    public Task RemoveAsync(string schedule, CancellationToken cancellationToken) =>
        row.State.Schedules.Remove(schedule) ? WriteAsync() : Task.CompletedTask;

    public Task<IReadOnlyList<string>> ListAsync(string after, int limit, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>(
        [.. row.State.Schedules.SkipWhile(schedule => string.CompareOrdinal(schedule, after) <= 0).Take(limit)]);

    private async Task WriteAsync()
    {
        try
        {
            await row.WriteStateAsync(CancellationToken.None);
        }
        catch
        {
            // What is stored is not known; the next activation reads it.
            DeactivateOnIdle();
            throw;
        }
    }
}
