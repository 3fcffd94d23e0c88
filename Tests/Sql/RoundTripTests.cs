using OrleansFlow.Sql.Reading;
using OrleansFlow.Sql.Rendering;

namespace OrleansFlow.Tests.Sql;

/// <summary>A query means the same after it was planned, read and written again. The golden answer is DuckDB's own to the text as it is.</summary>
public sealed class RoundTripTests(SqlTestDatabase database)
{
    public static TheoryData<string> Planned() => [.. QueryText.All.Values.Where(query => query.LocalReason is null).Select(query => query.Name)];

    public static TheoryData<string> Local() => [.. QueryText.All.Values.Where(query => query.LocalReason is not null).Select(query => query.Name)];

    [Theory]
    [MemberData(nameof(Planned))]
    public async Task Query_ReadAndRendered_HasTheSameAnswer(string name)
    {
        var query = QueryText.All[name];
        var planned = await database.PlanAsync(query.Sql, TestContext.Current.CancellationToken);
        var text = SqlRenderer.Render(planned.Plan, planned.Names);
        TestContext.Current.TestOutputHelper?.WriteLine(text);

        await using var session = database.Instance.OpenSession();
        var expected = await SqlTestDatabase.AnswerAsync(session, query.Sql, query.IsOrdered);
        var actual = await SqlTestDatabase.AnswerAsync(session, text, query.IsOrdered);

        Assert.Equal(expected, actual);
    }

    [Theory]
    [MemberData(nameof(Local))]
    public async Task Query_WithoutAForm_SaysWhy(string name)
    {
        var query = QueryText.All[name];

        var failure = await Assert.ThrowsAsync<PlanReadException>(async () =>
        {
            var planned = await database.PlanAsync(query.Sql, TestContext.Current.CancellationToken);
            SqlRenderer.Render(planned.Plan, planned.Names);
        });

        Assert.Contains(query.LocalReason!, failure.Message, StringComparison.OrdinalIgnoreCase);
    }
}
