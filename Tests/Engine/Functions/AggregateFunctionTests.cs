using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Tests.Engine.Functions;

/// <summary>Goal: aggregates in C# see each row of a group once, whatever threads and windows put together.</summary>
public sealed class AggregateFunctionTests : EngineTestBase
{
    protected override EngineOptions Options => new()
    {
        ThreadCount = 2,
        Functions =
        [
            EngineFunction.Aggregate<Sum, long, long?>("my_sum", new Summing()),
            EngineFunction.Aggregate<SortedSet<string>?, string, string>("my_words", new Words()),
            EngineFunction.Aggregate<Weighted, double, double, double?>("my_mean", new Mean()),
            EngineFunction.Aggregate<long, long?, long>("my_nulls", new Nulls()),
            EngineFunction.Aggregate<List<long>?, long, long>("my_cursed", new Cursed()),
        ],
    };

    [Fact]
    public async Task Aggregate_OverGroupsAndThreads_AnswersAsTheEnginesOwn()
    {
        await ExecuteAsync("CREATE TABLE facts AS SELECT n, n % 1000 AS k, CASE WHEN n % 13 = 0 THEN NULL ELSE n END AS v FROM range(400000) r(n)");

        Assert.Equal(
            await RowsAsync("SELECT k, sum(v)::BIGINT FROM facts GROUP BY k ORDER BY k"),
            await RowsAsync("SELECT k, my_sum(v) FROM facts GROUP BY k ORDER BY k"));
        Assert.Equal(await RowsAsync("SELECT sum(v)::BIGINT FROM facts"), await RowsAsync("SELECT my_sum(v) FROM facts"));
        Assert.Equal(await RowsAsync("SELECT count(*) - count(v) FROM facts"), await RowsAsync("SELECT my_nulls(v) FROM facts"));
    }

    [Fact]
    public async Task Aggregate_WhoseStateIsAnObject_KeepsOneForEachGroup()
    {
        const string Words = "FROM (SELECT n % 50 AS k, 'w' || (n % 7) AS w FROM range(100000) r(n)) GROUP BY k ORDER BY k";

        Assert.Equal(
            await RowsAsync($"SELECT k, string_agg(DISTINCT w, ' ' ORDER BY w) {Words}"),
            await RowsAsync($"SELECT k, my_words(w) {Words}"));
        Assert.Equal("0 1 2", await ValueAsync("SELECT my_words((n % 3)::VARCHAR) FROM range(100000) r(n)"));
    }

    [Fact]
    public async Task Aggregate_OfTwoArguments_PassesOverRowsWithNull() =>
        Assert.Equal(
            [[2.5]], await RowsAsync("SELECT my_mean(v, w) FROM (VALUES (1.0, 1.0), (3.0, 3.0), (NULL, 9.0), (9.0, NULL)) t(v, w)"));

    [Fact]
    public async Task Aggregate_OverNoRows_FinishesAnEmptyState() =>
        Assert.Equal([[null, "", null]], await RowsAsync("SELECT my_sum(n), my_words(n::VARCHAR), my_mean(n, n) FROM range(0) r(n)"));

    [Fact]
    public async Task Aggregate_WithFilterDistinctAndOrder_WorksAsAnyOther() =>
        Assert.Equal(
            [[20L, 6L]], await RowsAsync("SELECT my_sum(n) FILTER (n % 2 = 0), my_sum(DISTINCT n % 4) FROM range(10) r(n)"));

    [Fact]
    public async Task Aggregate_AsAWindow_PutsStatesTogetherManyTimes()
    {
        const string Frame = "OVER (ORDER BY n ROWS BETWEEN 700 PRECEDING AND 300 FOLLOWING) AS value FROM range(20000) r(n))";

        Assert.Equal(
            await RowsAsync($"SELECT sum(value)::BIGINT FROM (SELECT sum(n) {Frame}"),
            await RowsAsync($"SELECT sum(value)::BIGINT FROM (SELECT my_sum(n) {Frame}"));
        Assert.Equal(
            await RowsAsync($"SELECT sum(length(value))::BIGINT FROM (SELECT list_aggregate(list_sort(list_distinct(list((n % 5)::VARCHAR) OVER (ORDER BY n ROWS 30 PRECEDING))), 'string_agg', ' ') AS value FROM range(3000) r(n))"),
            await RowsAsync($"SELECT sum(length(value))::BIGINT FROM (SELECT my_words((n % 5)::VARCHAR) OVER (ORDER BY n ROWS 30 PRECEDING) AS value FROM range(3000) r(n))"));
    }

    [Theory]
    [InlineData("SELECT my_cursed(n) FROM range(100000) r(n)", "add")]
    [InlineData("SELECT n % 100, my_cursed(n) FROM range(100000) r(n) GROUP BY 1", "add")]
    [InlineData("SELECT my_cursed(n) FROM range(3) r(n)", "finish")]
    public async Task Aggregate_ThatThrows_FailsItsStatementAndLeavesNoState(string sql, string where)
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => RowsAsync(sql));

        Assert.Contains($"Function 'my_cursed' failed: cursed {where}", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, AggregateStates.LiveCount);
        Assert.Equal(6L, await ValueAsync("SELECT my_sum(n) FROM range(4) r(n)"));
    }

    private struct Sum
    {
        public bool HasRows;
        public long Total;
    }

    private struct Weighted
    {
        public double Total;
        public double Weight;
    }

    private sealed class Summing : IAggregate<Sum, long, long?>
    {
        public void Add(ref Sum state, long value) => (state.HasRows, state.Total) = (true, state.Total + value);

        public void Combine(ref Sum state, in Sum other) => (state.HasRows, state.Total) = (state.HasRows || other.HasRows, state.Total + other.Total);

        public long? Finish(in Sum state) => state.HasRows ? state.Total : null;
    }

    private sealed class Nulls : IAggregate<long, long?, long>
    {
        public void Add(ref long state, long? value) => state += value is null ? 1 : 0;

        public void Combine(ref long state, in long other) => state += other;

        public long Finish(in long state) => state;
    }

    private sealed class Mean : IAggregate<Weighted, double, double, double?>
    {
        public void Add(ref Weighted state, double first, double second) => (state.Total, state.Weight) = (state.Total + (first * second), state.Weight + second);

        public void Combine(ref Weighted state, in Weighted other) => (state.Total, state.Weight) = (state.Total + other.Total, state.Weight + other.Weight);

        public double? Finish(in Weighted state) => state.Weight > 0 ? state.Total / state.Weight : null;
    }

    private sealed class Words : IAggregate<SortedSet<string>?, string, string>
    {
        public void Add(ref SortedSet<string>? state, string value) => (state ??= new(StringComparer.Ordinal)).Add(value);

        public void Combine(ref SortedSet<string>? state, in SortedSet<string>? other)
        {
            if (other is not null)
            {
                (state ??= new(StringComparer.Ordinal)).UnionWith(other);
            }
        }

        public string Finish(in SortedSet<string>? state) => string.Join(' ', state ?? []);
    }

    private sealed class Cursed : IAggregate<List<long>?, long, long>
    {
        public void Add(ref List<long>? state, long value) => (state ??= []).Add(value == 50_000 ? throw new InvalidDataException("cursed add") : value);

        public void Combine(ref List<long>? state, in List<long>? other) => (state ??= []).AddRange(other ?? []);

        public long Finish(in List<long>? state) => state is { Count: < 5 } ? throw new InvalidDataException("cursed finish") : state?.Count ?? 0;
    }
}
