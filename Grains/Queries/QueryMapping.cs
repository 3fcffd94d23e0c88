using OrleansFlow.Decisions.Queries;
using OrleansFlow.Queries;

namespace OrleansFlow.Grains.Queries;

/// <summary>Messages of <see cref="IQueryGrain"/> as the decider takes and gives them.</summary>
internal static class QueryMapping
{
    public static StageShape ToShape(this QueryStagePlan stage) => new(
        stage.TaskCount,
        [.. stage.Inputs.Select(input => new StageLink(input.Producer, input.IsKept, input.IsGrouped, input.FirstTask, input.TaskCount))],
        [.. stage.Preferred]);

    public static QueryWorker ToWorker(this QueryHost host) => new(host.Id, host.Cores, host.RunningTasks);

    public static QueryTaskId ToTask(this QueryAttempt attempt) => new(attempt.Stage, attempt.Task);

    public static QueryAssignment ToAssignment(this TaskPlacement placed) =>
        new(new QueryAttempt(placed.Task.Stage, placed.Task.Number, placed.Attempt), placed.Worker);

    public static QueryEnded? ToEnded(this QueryEnd? end) => end is null ? null : new QueryEnded(end.Code, end.Message);

    public static IReadOnlyList<QueryStageView> StageViews(this QueryState state) =>
    [
        .. state.Stages.Select((stage, index) => new QueryStageView(
            stage.TaskCount,
            Enumerable.Range(0, stage.TaskCount).Count(number => state[new QueryTaskId(index, number)].Status == QueryTaskStatus.Finished))),
    ];
}
