using OrleansFlow.Sql.Adaptive;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql.Adaptive;

/// <summary>Queries whose stages get other tasks while they run have the answer of the query in one piece.</summary>
public sealed class AdaptiveQueryTests(SqlTestDatabase database)
{
    private static readonly string[] Files = ["aggregates.", "joins.", "subqueries.", "tpch.", "windows."];

    public static TheoryData<string> Queries() =>
        [.. QueryText.All.Values.Where(query => query.LocalReason is null && Files.Any(query.Name.StartsWith)).Select(query => query.Name)];

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task Query_WithOtherTasks_HasTheSameAnswer(string name)
    {
        var query = QueryText.All[name];
        var token = TestContext.Current.CancellationToken;
        var planned = await database.PlanAsync(query.Sql, token);
        var plan = StageCutter.Cut(planned, new StageOptions { TaskCountMax = 3, PartitionsPerTask = 3, BytesPerTask = 1, BroadcastBytesMax = 0 }, database.RowsOf)
            .ToDistributedPlan();
        var random = new Random(name.Length);
        var options = new AdaptiveOptions { TaskCountMax = 5, BytesPerTask = 100, SkewFactor = 1 };

        // Whatever the sizes are said to be, the answer must not change: every second join has a side that "turned out small".
        foreach (var stage in plan.Stages)
        {
            if (random.Next(2) == 0 && stage.Inputs.Count == 2)
            {
                plan = AdaptivePlanner.Broadcast(plan, stage.Id, stage.Inputs[random.Next(2)].Name, new OutputSizes([[1]]), options) ?? plan;
            }
        }

        StageAssignment? Assign(QueryStage stage, IReadOnlyDictionary<int, int> taskCounts) => AdaptivePlanner.Assign(
            plan,
            stage,
            (id, output) => new OutputSizes(
            [
                .. Enumerable.Range(0, taskCounts[id]).Select(_ => (IReadOnlyList<long>)
                [
                    .. Enumerable.Range(0, plan.Stages.Single(made => made.Id == id).Outputs[output].PartitionCount).Select(partition => random.Next(100) * (partition == 4 ? 20L : 1L)),
                ]),
            ]),
            options);

        await using var session = database.Instance.OpenSession();
        var expected = await SqlTestDatabase.AnswerAsync(session, query.Sql, query.IsOrdered);
        var result = await new LocalExecutor(session, plan, assign: Assign).ExecuteAsync(token);

        Assert.Equal(expected, await SqlTestDatabase.AnswerAsync(session, result, query.IsOrdered));
    }
}
