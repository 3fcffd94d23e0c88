using System.Globalization;
using OrleansFlow.Engine;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql;

/// <summary>
/// Runs a distributed plan in one session, task after task, with tables for the exchanges. It is the meaning of the exchange kinds that the real
/// execution has to keep.
/// </summary>
/// <param name="session">Where it runs.</param>
/// <param name="plan">The plan.</param>
/// <param name="partOf">The text of a part of a scan, by its number; null: rows of tables in turns.</param>
internal sealed class LocalExecutor(EngineSession session, DistributedPlan plan, Func<StageScan, int, string>? partOf = null)
{
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
            for (var task = 0; task < stage.TaskCount; task++)
            {
                await RunAsync(stage, task, cancellationToken);
            }
        }

        var columns = plan.Names.Select((name, index) => string.Create(CultureInfo.InvariantCulture, $"c{index} AS {EngineText.Quote(name)}"));
        return $"SELECT {string.Join(", ", columns)} FROM {Table(plan.Stages[^1].Id, 0)}";
    }

    private static string Table(int stageId, int task) => string.Create(CultureInfo.InvariantCulture, $"stage_{stageId}_{task}");

    private async Task RunAsync(QueryStage stage, int task, CancellationToken cancellationToken)
    {
        var views = stage.Scans.Select(scan => $"CREATE OR REPLACE TEMP VIEW {scan.Name} AS {Scan(scan, task)}")
            .Concat(stage.Inputs.Select(input => $"CREATE OR REPLACE TEMP VIEW {input.Name} AS {Input(input, task)}"));
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
                var group = (producer.TaskCount + input.TaskCount - 1) / input.TaskCount;
                var first = consumer * group;
                return first >= producer.TaskCount
                    ? $"SELECT * FROM {Table(producer.Id, 0)} WHERE false"
                    : All(producer, first, Math.Min(group, producer.TaskCount - first));
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

    private static string All(QueryStage producer) => All(producer, 0, producer.TaskCount);

    private static string All(QueryStage producer, int first, int count) =>
        string.Join(" UNION ALL ", Enumerable.Range(first, count).Select(task => $"SELECT * FROM {Table(producer.Id, task)}"));
}
