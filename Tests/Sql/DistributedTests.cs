using System.Text.Json;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql;

/// <summary>The stages of a query together have the answer of the query in one piece.</summary>
public sealed class DistributedTests(SqlTestDatabase database)
{
    private static readonly int[] TaskCounts = [1, 2, 4];
    private static readonly int[] PartitionCounts = [1, 3, 6];
    private static readonly string[] EveryShape = ["tpch.q16", "aggregates.grouping_sets", "windows.window_several_keys", "sets.union_five"];

    // Both shapes of every query; the usual run takes them in turns.
    private static readonly bool IsThorough = Environment.GetEnvironmentVariable("FLOW_SQL_THOROUGH") == "1";

    /// <summary>Queries in two tasks with several partitions each and every exchange a shuffle, or in four that copy small sides.</summary>
    public static TheoryData<string, int, int, bool> Queries()
    {
        var data = new TheoryData<string, int, int, bool>();
        var number = 0;
        foreach (var query in QueryText.All.Values.Where(query => query.LocalReason is null))
        {
            number++;
            if (IsThorough || number % 2 == 0)
            {
                data.Add(query.Name, 2, 3, false);
            }

            if (IsThorough || number % 2 != 0)
            {
                data.Add(query.Name, 4, 1, true);
            }
        }

        return data;
    }

    /// <summary>Some of each kind in every shape.</summary>
    public static TheoryData<string, int, int, bool> Shapes()
    {
        var data = new TheoryData<string, int, int, bool>();
        foreach (var name in EveryShape)
        {
            foreach (var (tasks, partitions) in from tasks in TaskCounts from partitions in PartitionCounts select (tasks, partitions))
            {
                data.Add(name, tasks, partitions, (tasks + partitions) % 2 == 0);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Queries))]
    [MemberData(nameof(Shapes))]
    public async Task Query_InStages_HasTheSameAnswer(string name, int taskCount, int partitionsPerTask, bool mayBroadcast)
    {
        var query = QueryText.All[name];
        var planned = await database.PlanAsync(query.Sql, TestContext.Current.CancellationToken);
        var options = new StageOptions
        {
            TaskCountMax = taskCount,
            PartitionsPerTask = partitionsPerTask,
            BytesPerTask = 1,
            BroadcastBytesMax = mayBroadcast ? 1L << 20 : 0,
        };
        var text = JsonSerializer.Serialize(
            StageCutter.Cut(planned, options, database.RowsOf).ToDistributedPlan(), DistributedPlanJson.Default.DistributedPlan);
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        var plan = JsonSerializer.Deserialize(text, DistributedPlanJson.Default.DistributedPlan)!;

        await using var session = database.Instance.OpenSession();
        var expected = await SqlTestDatabase.AnswerAsync(session, query.Sql, query.IsOrdered);
        var result = await new LocalExecutor(session, plan).ExecuteAsync(TestContext.Current.CancellationToken);
        var actual = await SqlTestDatabase.AnswerAsync(session, result, query.IsOrdered);

        Assert.Equal(expected, actual);
    }
}
