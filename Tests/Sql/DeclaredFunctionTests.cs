using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql;

/// <summary>Goal: the planner binds functions that it is told of, and divides queries that call them.</summary>
public sealed class DeclaredFunctionTests : IAsyncLifetime
{
    private static readonly StageOptions Two = new() { TaskCountMax = 2, BytesPerTask = 1 };
    private static readonly ArrowSchema Numbers = new(new ArrowField("n", ArrowType.Int64), new ArrowField("s", ArrowType.Utf8));

    private DistributedPlanner _planner = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _planner = await DistributedPlanner.OpenAsync(
            null,
            new QueryFunctions
            {
                Functions =
                [
                    EngineFunction.Scalar<long, long>("twice", value => value * 2),
                    EngineFunction.Scalar<long, long>("dice", value => value, new FunctionOptions { IsVolatile = true }),
                    EngineFunction.Variadic<long, long>("largest", values => values.Length),
                    EngineFunction.Aggregate<long, long, long>("total", new Total()),
                    EngineFunction.Table("made", [EngineParameter.At<long>("count"), EngineParameter.Named<string>("text")], _ => new TableRows(Numbers, _ => throw new InvalidOperationException())),
                ],
                Calls =
                [
                    new CallFunction(
                        "node",
                        [EngineParameter.At<long>("count"), EngineParameter.Named<string>("text")],
                        arguments => new CallShape(Numbers) { EstimatedRowCount = arguments.Get<long>("count"), PartCountMax = 8 }),
                ],
            },
            Token);
        await _planner.AddTableAsync("facts", "SELECT CAST(1 AS BIGINT) AS id, CAST(1 AS BIGINT) AS key", 1_000_000, Token);
    }

    public ValueTask DisposeAsync() => _planner.DisposeAsync();

    [Fact]
    public async Task Scalar_RunsInEveryStageAndIsNamedByTheStagesThatCallIt()
    {
        var plan = await PlanAsync("SELECT key, sum(twice(id)) + largest(key, 1, 2) AS s FROM facts WHERE twice(key) > 4 GROUP BY key");

        Assert.Equal([2, 2, 1], plan.Stages.Select(stage => stage.TaskCount));
        Assert.Equal(["twice", "largest", ""], plan.Stages.Select(stage => string.Join(' ', stage.Functions)));
    }

    [Fact]
    public async Task Aggregate_OfTheUser_GathersItsGroups()
    {
        var plan = await PlanAsync("SELECT key, total(id) FROM facts GROUP BY key");

        Assert.Equal([2, 2, 1], plan.Stages.Select(stage => stage.TaskCount));
        Assert.Empty(plan.Stages[0].Functions);
        Assert.Equal(["total"], plan.Stages[1].Functions);
        Assert.Equal(ExchangeKind.Shuffle, plan.Stages[0].Outputs[0].Kind);
    }

    [Fact]
    public async Task Aggregate_WithoutAGroup_RunsInOneTaskAndSaysWhy()
    {
        var plan = await PlanAsync("SELECT total(id) FROM facts");

        Assert.Equal(["total"], plan.Stages[^1].Functions);
        Assert.Equal(1, plan.Stages[^1].TaskCount);
        Assert.Contains(plan.Reasons, reason => reason.Contains("total", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Volatile_OfTheUser_IsNotComputedInTwoPlaces()
    {
        var calm = await PlanAsync("SELECT f.id FROM facts f JOIN (SELECT twice(x) AS x FROM (VALUES (3::BIGINT), (4)) v(x)) d ON f.key = d.x");
        var wild = await PlanAsync("SELECT f.id FROM facts f JOIN (SELECT dice(x) AS x FROM (VALUES (3::BIGINT), (4)) v(x)) d ON f.key = d.x");

        // Constants stand beside the scan in each of its tasks; what changes from call to call is computed once and sent.
        Assert.Empty(calm.Stages[0].Inputs);
        Assert.Contains(wild.Stages, stage => stage.Functions.Contains("dice") && stage.TaskCount == 1 && stage.Outputs.Count > 0);
    }

    [Fact]
    public async Task TableFunction_RunsInOneTaskWithItsNamedArguments()
    {
        var plan = await PlanAsync("SELECT m.s, count(*) FROM facts JOIN made(7, text := 'it''s') m ON facts.key = m.n GROUP BY m.s");

        var stage = Assert.Single(plan.Stages, stage => stage.Functions.Contains("made"));
        Assert.Equal(1, stage.TaskCount);
        Assert.Contains("\"text\" := CAST('it''s' AS VARCHAR)", stage.Sql, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Node_IsScannedInParts()
    {
        var plan = await PlanAsync("SELECT s, count(*) FROM node(500, text := 'x') GROUP BY s");

        var call = Assert.Single(plan.Calls);
        Assert.Equal(("node", 500L, "x"), (call.Arguments.Function, call.Arguments.Get<long>("count"), call.Arguments.Get<string>("text")));
        var scan = Assert.Single(plan.Stages[0].Scans);
        Assert.Equal((call.Table, 2), (scan.Table, scan.TaskCount));
        Assert.Equal(["s"], scan.Columns);
    }

    [Fact]
    public async Task Node_ThatIsCalledTwice_HasTheArgumentsOfEachCall()
    {
        var plan = await PlanAsync("SELECT a.n FROM node(10) a JOIN node(20) b ON a.n = b.n");

        Assert.Equal([10L, 20L], plan.Calls.Select(call => call.Arguments.Get<long>("count")).Order());
        Assert.Equal(2, plan.Calls.Select(call => call.Table).Distinct().Count());
    }

    [Fact]
    public async Task Node_ThatRefusesItsArguments_RefusesTheQuery()
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => PlanAsync("SELECT * FROM node(NULL)"));

        Assert.Contains("Function 'node' failed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_WithANode_IsNeverTheTextItself()
    {
        var plan = await _planner.PlanAsync("SELECT count(*) FROM node(10)", new StageOptions(), Token);

        Assert.False(plan.IsLocal);
        Assert.Equal(1, Assert.Single(plan.Stages).TaskCount);
    }

    private Task<DistributedPlan> PlanAsync(string sql) => _planner.PlanAsync(sql, Two, Token);

    private sealed class Total : IAggregate<long, long, long>
    {
        public void Add(ref long state, long value) => state += value;

        public void Combine(ref long state, in long other) => state += other;

        public long Finish(in long state) => state;
    }
}
