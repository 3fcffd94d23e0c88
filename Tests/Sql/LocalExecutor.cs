using System.Globalization;
using OrleansFlow.Engine;
using OrleansFlow.Sql.Adaptive;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql;

/// <summary>
/// Runs a distributed plan in one session, task after task, with tables for the exchanges. It is the meaning of the exchange kinds that the real
/// execution has to keep.
/// </summary>
/// <param name="session">Where it runs.</param>
/// <param name="plan">The plan.</param>
/// <param name="partOf">The text of a part of a scan, by its number; null: rows of tables in turns.</param>
/// <param name="assign">Other tasks for a stage, by the tasks that the stages before it have had; null: those of the plan.</param>
internal sealed class LocalExecutor(
    EngineSession session,
    DistributedPlan plan,
    Func<StageScan, int, string>? partOf = null,
    Func<QueryStage, IReadOnlyDictionary<int, int>, StageAssignment?>? assign = null)
{
    private readonly Dictionary<int, int> _taskCounts = [];

    /// <summary>Runs all tasks; gives a query of the result.</summary>
    public async Task<string> ExecuteAsync(CancellationToken cancellationToken)
    {
        if (plan.IsLocal)
        {
            foreach (var scan in partOf is null ? [] : plan.Stages[0].Scans)
            {
                await session.ExecuteAsync($"CREATE OR REPLACE TEMP VIEW {scan.Name} AS {Scan(scan, 0)}", null, cancellationToken);
            }

            return plan.Stages[0].Sql;
        }

        foreach (var stage in plan.Stages)
        {
            var assignment = assign?.Invoke(stage, _taskCounts);
            var taskCount = assignment?.Tasks.Count ?? stage.TaskCount;
            for (var task = 0; task < taskCount; task++)
            {
                await RunAsync(stage, task, assignment?.Tasks[task], cancellationToken);
            }

            _taskCounts[stage.Id] = taskCount;
        }

        var columns = plan.Names.Select((name, index) => string.Create(CultureInfo.InvariantCulture, $"c{index} AS {EngineText.Quote(name)}"));
        return $"SELECT {string.Join(", ", columns)} FROM {Table(plan.Stages[^1].Id, 0)}";
    }

    private static string Table(int stageId, int task) => string.Create(CultureInfo.InvariantCulture, $"stage_{stageId}_{task}");

    private async Task RunAsync(QueryStage stage, int task, TaskReads? reads, CancellationToken cancellationToken)
    {
        var views = stage.Scans.Select(scan => $"CREATE OR REPLACE TEMP VIEW {scan.Name} AS {Scan(scan, task)}")
            .Concat(stage.Inputs.Select((input, index) =>
                $"CREATE OR REPLACE TEMP VIEW {input.Name} AS {(reads is null ? Input(input, task) : Input(input, reads.Inputs[index]))}"));
        var statements = views.Append($"CREATE TEMP TABLE {Table(stage.Id, task)} AS {stage.Sql}");
        await session.ExecuteAsync(string.Join(";\n", statements), null, cancellationToken);
    }

    private string Scan(StageScan scan, int task)
    {
        var part = task - scan.FirstTask;
        if (partOf is not null)
        {
            return part < 0 || part >= scan.TaskCount ? $"SELECT * FROM ({partOf(scan, 0)}) WHERE false" : partOf(scan, part);
        }

        return part < 0 || part >= scan.TaskCount
            ? $"SELECT * FROM {scan.Table} WHERE false"
            : string.Create(CultureInfo.InvariantCulture, $"SELECT * FROM {scan.Table} WHERE rowid % {scan.TaskCount} = {part}");
    }

    private string Input(StageInput input, InputReads reads)
    {
        var producer = plan.Stages.Single(stage => stage.Id == input.StageId);
        var output = producer.Outputs[input.OutputIndex];
        var rows = All(producer, reads.FirstProducer, reads.ProducerCount);
        var keys = string.Join(", ", output.Keys.Select(key => string.Create(CultureInfo.InvariantCulture, $"c{key}")));
        return output.Kind != ExchangeKind.Shuffle
            ? rows
            : string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT * FROM ({rows}) WHERE hash({keys}) % {output.PartitionCount} BETWEEN {reads.FirstPartition} AND {reads.FirstPartition + reads.PartitionCount - 1}");
    }

    private string Input(StageInput input, int task)
    {
        var producer = plan.Stages.Single(stage => stage.Id == input.StageId);
        var output = producer.Outputs[input.OutputIndex];
        var consumer = task - input.FirstTask;
        if (consumer < 0 || consumer >= input.TaskCount)
        {
            return $"SELECT * FROM {Table(producer.Id, 0)} WHERE false";
        }

        switch (output.Kind)
        {
            case ExchangeKind.Shuffle:
                var keys = string.Join(", ", output.Keys.Select(key => string.Create(CultureInfo.InvariantCulture, $"c{key}")));
                var perTask = output.PartitionCount / input.TaskCount;
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"SELECT * FROM ({All(producer)}) WHERE hash({keys}) % {output.PartitionCount} BETWEEN {consumer * perTask} AND {((consumer + 1) * perTask) - 1}");
            case ExchangeKind.Coalesce:
                var taskCount = _taskCounts[producer.Id];
                var group = (taskCount + input.TaskCount - 1) / input.TaskCount;
                var first = consumer * group;
                return first >= taskCount
                    ? $"SELECT * FROM {Table(producer.Id, 0)} WHERE false"
                    : All(producer, first, Math.Min(group, taskCount - first));
            case ExchangeKind.Merge:
                var order = output.Order.Select(key => string.Create(
                    CultureInfo.InvariantCulture, $"c{key.Column} {(key.IsDescending ? "DESC" : "ASC")} NULLS {(key.NullsFirst ? "FIRST" : "LAST")}"));
                return $"SELECT * FROM ({All(producer)}) ORDER BY {string.Join(", ", order)}";
            case ExchangeKind.Broadcast:
                return All(producer);
            default:
                throw new InvalidOperationException($"The exchange {output.Kind} is not planned.");
        }
    }

    private string All(QueryStage producer) => All(producer, 0, _taskCounts[producer.Id]);

    private static string All(QueryStage producer, int first, int count) =>
        string.Join(" UNION ALL ", Enumerable.Range(first, count).Select(task => $"SELECT * FROM {Table(producer.Id, task)}"));
}
