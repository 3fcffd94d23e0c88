using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Engine;

/// <summary>Tables to plan over.</summary>
public sealed class StubTests : EngineTestBase
{
    [Fact]
    public async Task Stub_IsDescribed_WithTheColumnsOfItsQuery()
    {
        await Session.RegisterStubAsync("orders", "SELECT 1::HUGEINT AS a, 'x'::ENUM('x', 'y') AS b, INTERVAL 1 DAY AS c", 1000, Token);

        var columns = await RowsAsync("DESCRIBE orders");

        Assert.Equal(
            [("a", "HUGEINT"), ("b", "ENUM('x', 'y')"), ("c", "INTERVAL")], columns.Select(row => ((string)row[0]!, (string)row[1]!)));
    }

    [Theory, InlineData(7), InlineData(1_000_000)]
    public async Task Stub_IsPlanned_WithItsEstimate(long rowCount)
    {
        await Session.RegisterStubAsync("orders", "SELECT 1 AS a", rowCount, Token);

        var plan = (string)(await RowsAsync("EXPLAIN SELECT a FROM orders"))[0][1]!;

        Assert.Contains(FormattableString.Invariant($"{rowCount:N0}"), plan.Replace("~", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stub_Read_IsRefused()
    {
        await Session.RegisterStubAsync("orders", "SELECT 1 AS a", 1, Token);

        var failure = await Assert.ThrowsAsync<EngineException>(() => RowsAsync("SELECT * FROM orders"));

        Assert.Contains("stub", failure.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Stub_RegisteredAgain_HasTheNewColumns()
    {
        await Session.RegisterStubAsync("orders", "SELECT 1 AS a", 1, Token);
        await Session.RegisterStubAsync("Orders", "SELECT 'x' AS b", 1, Token);

        Assert.Equal("b", Assert.Single(await RowsAsync("DESCRIBE orders"))[0]);
        await Session.UnregisterAsync("orders", Token);
        await Assert.ThrowsAsync<EngineException>(() => RowsAsync("DESCRIBE orders"));
    }
}
