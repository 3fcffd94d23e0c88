using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Sql.Adaptive;

/// <summary>
/// Plans a stage that has not begun anew, from what the stages that it reads really wrote. Pure: the same plan and sizes give the same decision. The outputs
/// that it reads must be kept until the query ends, because some partitions are read by several tasks.
/// </summary>
public static class AdaptivePlanner
{
    /// <summary>
    /// Deals the partitions of finished shuffles out again: as many tasks as the bytes need, neighbours together, and a partition that is far larger than
    /// others to several tasks, where the stage allows it.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="stage">One of its stages, not begun.</param>
    /// <param name="sizesOf">Sizes of an output by stage and number of the output; all that the stage reads are finished.</param>
    /// <param name="options">Limits.</param>
    /// <returns>The tasks; null for a stage whose tasks must stay as planned.</returns>
    /// <exception cref="ArgumentException">An option is out of its range, or the sizes are not those of the plan.</exception>
    public static StageAssignment? Assign(DistributedPlan plan, QueryStage stage, Func<int, int, OutputSizes> sizesOf, AdaptiveOptions options)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(stage);
        ArgumentNullException.ThrowIfNull(sizesOf);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (!MayHaveOtherTasks(plan, stage))
        {
            return null;
        }

        var inputs = stage.Inputs.Select(input => Known(plan, input, sizesOf)).ToArray();
        var partitionCount = inputs.First(input => input.IsShuffle).PartitionCount;
        var bytes = new long[partitionCount];
        for (var partition = 0; partition < partitionCount; partition++)
        {
            bytes[partition] = inputs.Where(input => input.IsShuffle).Sum(input => input.Sizes.BytesOf(partition));
        }

        var wanted = (int)Math.Clamp(((bytes.Sum() - 1) / options.BytesPerTask) + 1, 1, options.TaskCountMax);
        var target = Math.Max(options.BytesPerTask, bytes.Sum() / wanted);
        var skewBytes = Math.Max(target, options.SkewFactor * Median(bytes));
        var pieces = bytes.Select((size, partition) => size > skewBytes ? Divide(inputs, partition, target, options.TaskCountMax) : []).ToArray();
        var rest = Math.Max(1, bytes.Where((_, partition) => pieces[partition].Count == 0).Sum());
        var shareCount = (int)Math.Clamp(((rest - 1) / target) + 1, 1, wanted);
        var tasks = new List<TaskReads>();
        var first = 0;
        var share = -1;
        double before = 0;
        for (var partition = 0; partition < partitionCount; partition++)
        {
            if (pieces[partition].Count > 0)
            {
                AddRange(tasks, inputs, first, partition - first);
                tasks.AddRange(pieces[partition]);
                first = partition + 1;
                continue;
            }

            // A partition belongs to the share that its middle lies in, so that there are never more shares than wanted.
            var own = Math.Min(shareCount - 1, (int)((before + (bytes[partition] / 2.0)) / rest * shareCount));
            if (own != share)
            {
                AddRange(tasks, inputs, first, partition - first);
                (first, share) = (partition, own);
            }

            before += bytes[partition];
        }

        AddRange(tasks, inputs, first, partitionCount - first);
        return new StageAssignment(stage.Id, tasks);
    }

    /// <summary>
    /// Turns a join of two shuffles into one whose finished side is read by every task, when that side turned out small: the other side then stays where
    /// its rows are made.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="stageId">The stage that joins, not begun.</param>
    /// <param name="finished">The name of its input whose stage is finished.</param>
    /// <param name="sizes">What that stage wrote for it.</param>
    /// <param name="options">Limits.</param>
    /// <returns>The plan with other exchanges; null when it stays as it is. The stage of the other side must not have begun.</returns>
    public static DistributedPlan? Broadcast(DistributedPlan plan, int stageId, string finished, OutputSizes sizes, AdaptiveOptions options)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var stage = plan.Stages.Single(candidate => candidate.Id == stageId);
        var small = stage.Inputs.Single(input => input.Name == finished);
        if (sizes.TotalBytes > options.BroadcastBytesMax || !MayHaveOtherTasks(plan, stage) || stage.Inputs.Count != 2)
        {
            return null;
        }

        var large = stage.Inputs.Single(input => input.Name != finished);
        if (!large.IsDivisible || OutputOf(plan, small).Kind != ExchangeKind.Shuffle || OutputOf(plan, large).Kind != ExchangeKind.Shuffle || small.StageId == large.StageId)
        {
            return null;
        }

        var taskCount = plan.Stages.Single(candidate => candidate.Id == large.StageId).TaskCount;
        var joins = stage with { TaskCount = taskCount, Inputs = [.. stage.Inputs.Select(input => input with { TaskCount = taskCount })] };
        return plan with
        {
            Stages =
            [
                .. plan.Stages.Select(candidate =>
                    candidate.Id == stageId ? joins
                    : candidate.Id == small.StageId ? Exchange(candidate, small.OutputIndex, output => output with { Kind = ExchangeKind.Broadcast })
                    : candidate.Id == large.StageId
                        ? Exchange(candidate, large.OutputIndex, output => output with { Kind = ExchangeKind.Coalesce, PartitionCount = 1, Keys = [] })
                    : candidate),
            ],
        };
    }

    // The rows of a stage may be made by other tasks when it reads shuffles only, and nobody counts on which of its tasks made what. A stage of one task
    // may sort or count all rows there are.
    private static bool MayHaveOtherTasks(DistributedPlan plan, QueryStage stage)
    {
        if (plan.IsLocal || stage.TaskCount == 1 || stage.Scans.Count > 0 || stage.Outputs.Count == 0 || stage.Inputs.Any(input => input.FirstTask != 0 || input.TaskCount != stage.TaskCount))
        {
            return false;
        }

        var outputs = stage.Inputs.Select(input => OutputOf(plan, input)).ToArray();
        var shuffles = outputs.Where(output => output.Kind == ExchangeKind.Shuffle).ToArray();
        return shuffles.Length > 0
            && shuffles.All(output => output.PartitionCount == shuffles[0].PartitionCount)
            && outputs.All(output => output.Kind is ExchangeKind.Shuffle or ExchangeKind.Broadcast)
            && plan.Stages.SelectMany(reader => reader.Inputs).Where(input => input.StageId == stage.Id)
                .All(input => input.TaskCount == 1 || OutputOf(plan, input).Kind != ExchangeKind.Coalesce);
    }

    private static QueryStage Exchange(QueryStage stage, int index, Func<StageOutput, StageOutput> change) =>
        stage with { Outputs = [.. stage.Outputs.Select((output, place) => place == index ? change(output) : output)] };

    private static StageOutput OutputOf(DistributedPlan plan, StageInput input) =>
        plan.Stages.Single(stage => stage.Id == input.StageId).Outputs[input.OutputIndex];

    private static KnownInput Known(DistributedPlan plan, StageInput input, Func<int, int, OutputSizes> sizesOf)
    {
        var output = OutputOf(plan, input);
        var sizes = sizesOf(input.StageId, input.OutputIndex);
        return sizes.TaskBytes.Count > 0 && sizes.TaskBytes.All(task => task.Count == output.PartitionCount)
            ? new KnownInput(input, output.Kind == ExchangeKind.Shuffle, output.PartitionCount, sizes)
            : throw new ArgumentException($"The sizes of stage {input.StageId} are not of {output.PartitionCount} partitions of at least one task.");
    }

    private static void AddRange(List<TaskReads> tasks, KnownInput[] inputs, int firstPartition, int partitionCount)
    {
        if (partitionCount > 0)
        {
            tasks.Add(new TaskReads([.. inputs.Select(input => input.Read(firstPartition, partitionCount))]));
        }
    }

    /// <summary>Several tasks for one partition: each reads some producers' rows of the largest input that may be divided, and all of the others.</summary>
    private static List<TaskReads> Divide(KnownInput[] inputs, int partition, long target, int taskCountMax)
    {
        var divided = inputs.Where(input => input.IsShuffle && input.Input.IsDivisible).MaxBy(input => input.Sizes.BytesOf(partition));
        var tasks = new List<TaskReads>();
        if (divided is null)
        {
            return tasks;
        }

        var total = divided.Sizes.BytesOf(partition);
        var count = (int)Math.Min(Math.Min(taskCountMax, divided.Sizes.TaskBytes.Count), ((total - 1) / target) + 1);
        if (count < 2)
        {
            return tasks;
        }

        var first = 0;
        long before = 0;
        for (var producer = 0; producer < divided.Sizes.TaskBytes.Count; producer++)
        {
            before += divided.Sizes.TaskBytes[producer][partition];
            var isLast = producer == divided.Sizes.TaskBytes.Count - 1;
            if (isLast || before >= (tasks.Count + 1) * (double)total / count)
            {
                var (from, producers) = (first, producer - first + 1);
                tasks.Add(new TaskReads([.. inputs.Select(input =>
                    input == divided ? new InputReads(input.Input.Name, from, producers, partition, 1) : input.Read(partition, 1))]));
                first = producer + 1;
            }
        }

        return tasks;
    }

    private static double Median(long[] bytes)
    {
        var sorted = bytes.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private sealed record KnownInput(StageInput Input, bool IsShuffle, int PartitionCount, OutputSizes Sizes)
    {
        public InputReads Read(int firstPartition, int partitionCount) => IsShuffle
            ? new InputReads(Input.Name, 0, Sizes.TaskBytes.Count, firstPartition, partitionCount)
            : new InputReads(Input.Name, 0, Sizes.TaskBytes.Count, 0, PartitionCount);
    }
}
