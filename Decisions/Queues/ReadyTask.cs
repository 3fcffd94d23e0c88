using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Queues;

/// <summary>A ready task with what orders it.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="Priority">Higher is first.</param>
/// <param name="ReadyUtc">Older is first.</param>
/// <param name="Taking">Which taking of the task this is: what comes of one says nothing about a later one.</param>
public readonly record struct ReadyTask(TaskId TaskId, int Priority, DateTimeOffset ReadyUtc, long Taking = 0);
