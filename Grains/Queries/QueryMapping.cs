using OrleansFlow.Decisions.Queries;
using OrleansFlow.Queries;

namespace OrleansFlow.Grains.Queries;

/// <summary>Messages of <see cref="IQueryGrain"/> as the decider takes and gives them.</summary>
internal static class QueryMapping
{
    public static StageShape ToShape(this QueryStagePlan stage) => new(
        stage.TaskCount,
        [.. stage.Inputs.Select(input => new StageLink(input.Producer, input.IsKept, input.IsGrouped, input.FirstTask, input.TaskCount)
        {
            Reads = [.. (input.Reads ?? []).Select(range => new ProducerRange(range.First, range.Count))],
        })],
        [.. stage.Preferred])
    {
        IsVolatile = stage.IsVolatile,
    };

    public static QueryWorker ToWorker(this QueryHost host) => new(host.Id, host.Cores, host.RunningTasks);

    public static QueryTaskId ToTask(this QueryAttempt attempt) => new(attempt.Stage, attempt.Task);

    public static QueryAssignment ToAssignment(this TaskPlacement placed) =>
        new(new QueryAttempt(placed.Task.Stage, placed.Task.Number, placed.Attempt), placed.Worker) { IsCopy = placed.IsCopy };

    public static QueryRules ToRules(this DistributedQueryOptions options) => new(options.AttemptsMax, options.LossGrace)
    {
        Speculation = options.Speculates ? new SpeculationRules(options.SpeculationShare, options.SpeculationFactor, options.SpeculationAfter, options.SpeculativeCopiesMax) : null,
    };

    public static QueryEnded? ToEnded(this QueryEnd? end) => end is null ? null : new QueryEnded(end.Code, end.Message);

    /// <param name="state">The query.</param>
    /// <param name="heard">What the workers said last of its stages.</param>
    public static IReadOnlyList<QueryStageView> StageViews(this QueryState state, IReadOnlyList<QueryStageProgress> heard) =>
    [
        .. state.Stages.Select((stage, index) =>
        {
            var progress = heard.FirstOrDefault(one => one.Stage == index);
            var finished = Enumerable.Range(0, stage.TaskCount).Count(number => state[new QueryTaskId(index, number)].Status == QueryTaskStatus.Finished);
            return new QueryStageView(stage.TaskCount, finished)
            {
                // The two are not heard at the same moment.
                RunningCount = Math.Min(progress.RunningCount, stage.TaskCount - finished),
                Rows = progress.Rows,
                Bytes = progress.Bytes,
            };
        }),
    ];
}
