namespace OrleansFlow.Tests.Engine;

/// <summary>Goal: the engine's own measures of a query can be read, whole or stopped early.</summary>
public sealed class ProfilingTests : EngineTestBase
{
    private const string Grouped = "SELECT range % 7 AS k, count(*) AS n FROM range(100000) GROUP BY k ORDER BY k";

    [Fact]
    public async Task Profile_OfAQuery_HasItsOperatorsWithRows()
    {
        await Session.BeginProfilingAsync(Token);
        Assert.Equal(7, (await RowsAsync(Grouped)).Count);

        var operators = await Session.TakeProfileAsync(Token);

        var group = Assert.Single(operators, one => one.Name.Contains("GROUP_BY", StringComparison.Ordinal));
        Assert.Equal(7, group.RowCount);
        Assert.Contains(operators, one => one.Depth > group.Depth && one.RowCount == 100_000);
        Assert.True(operators.Sum(one => one.Time.Ticks) > 0);
        Assert.True(group.ByteCount > 0);
    }

    [Fact]
    public async Task Profile_OfAQueryThatWasLeft_CanBeAskedFor()
    {
        await Session.BeginProfilingAsync(Token);
        await using (var result = await Session.QueryAsync("SELECT * FROM range(10000000)", null, Token))
        {
            (await result.ReadAsync(Token))!.Dispose();
        }

        Assert.All(await Session.TakeProfileAsync(Token), one => Assert.InRange(one.RowCount, 0, 10_000_000));
        Assert.Equal(7, (await RowsAsync(Grouped)).Count);
    }

    [Fact]
    public async Task Profile_ThatNobodyAskedFor_IsEmpty()
    {
        await RowsAsync(Grouped);

        Assert.Empty(await Session.TakeProfileAsync(Token));
    }
}
