using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Sql;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: a failure says what is wrong, and points only into what its user wrote.</summary>
public sealed class QueryErrorTests
{
    private const int Watchdog = 120_000;

    [Theory(Timeout = Watchdog)]
    [InlineData("select key,\n  no_such_column\nfrom facts", "LINE 2:   no_such_column\n          ^")]
    [InlineData("select key from facts\nwhere id = = 3", "LINE 2: where id = = 3\n                   ^")]
    public async Task WrongText_IsPointedAtWhereItsUserWroteIt(string sql, string place)
    {
        await using var cluster = await QueryCluster.StartAsync();

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));

        Assert.Equal(FlowErrorCode.EngineError, failure.Code);
        Assert.Contains(place, failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task TaskThatFails_SaysWhyWithoutAPlaceInItsStagesText()
    {
        await using var cluster = await QueryCluster.StartRealAsync();

        var failure = await Assert.ThrowsAsync<FlowException>(
            () => QueryCluster.AskAsync(cluster.Silo.Client.Query("select key, sum(cast(name as integer)) as s from facts group by key order by key")));

        Assert.Equal(FlowErrorCode.EngineError, failure.Code);
        Assert.Contains("Conversion Error", failure.Message, StringComparison.Ordinal);
        Assert.Contains("name ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("LINE 1:", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, cluster.Starts.Count);
    }

    [Theory]
    [InlineData("Conversion Error: bad\n\nLINE 1: SELECT CAST(c1 AS INTEGER) FROM x\n               ^", "Conversion Error: bad")]
    [InlineData("Error: bad\nLINE 12: c1\n    ^ Rows were handed out already.", "Error: bad Rows were handed out already.")]
    [InlineData("a row with LINE 1: in it", "a row with LINE 1: in it")]
    public void Places_AreTakenOut(string message, string expected) => Assert.Equal(expected, SqlPlaces.Remove(message));
}
