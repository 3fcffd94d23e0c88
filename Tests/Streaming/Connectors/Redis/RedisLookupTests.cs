using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Streaming.Sql;
using OrleansFlow.Tests.Streaming.Windows;
using StackExchange.Redis;

namespace OrleansFlow.Tests.Streaming.Connectors.Redis;

/// <summary>Goal: rows of a stream find the rows of a real server.</summary>
public sealed class RedisLookupTests(SharedRedis redis)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("string")]
    [InlineData("hash")]
    public async Task Rows_FindThoseOfTheirKeys_AndGoOnWithoutOneInALeftJoin(string value)
    {
        var (database, name) = (await redis.OpenAsync(Token), redis.NewName());
        for (var i = 0; i < 20; i += 2)
        {
            if (value == "hash")
            {
                await database.HashSetAsync($"{name}{i}", [new HashEntry("city", $"c{i}"), new HashEntry("rate", i / 4.0), new HashEntry("good", i % 4 == 0 ? "true" : "false")]);
            }
            else
            {
                await database.StringSetAsync($"{name}{i}", FormattableString.Invariant($$"""{"rate": {{i / 4.0}}, "city": "c{{i}}", "good": {{(i % 4 == 0 ? "true" : "false")}}}"""));
            }
        }

        var lines = await RunAsync(name, value, "SELECT counter, id, city, rate, good FROM i LEFT JOIN c ON c.id = i.counter");

        await using var engine = await EngineInstance.OpenAsync(null, Token);
        var expected = await new WindowEvents(1, count: 1).AskAsync(
            engine, "SELECT s, i, 'c' || i, i / 4.0::DOUBLE, i % 4 = 0 FROM range(20) AS r(s) LEFT JOIN range(0, 20, 2) AS t(i) ON i = s", Token);
        Assert.Equal(expected, lines);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("string", FlowErrorCode.BadOption, "WRONGTYPE")]
    [InlineData("text", FlowErrorCode.BadInput, "is no object of JSON")]
    public async Task ValueThatIsNoRow_FailsTheJob_InClearWords(string what, FlowErrorCode code, string words)
    {
        var (database, name) = (await redis.OpenAsync(Token), redis.NewName());
        await (what == "text" ? database.StringSetAsync(name + "3", "plain") : database.HashSetAsync(name + "3", "city", "x"));

        var failure = await Assert.ThrowsAsync<FlowException>(() => RunAsync(name, "string", "SELECT counter, city FROM i JOIN c ON c.id = i.counter"));

        Assert.Equal(code, failure.Code);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    private async Task<List<string>> RunAsync(string name, string value, string query)
    {
        await using var engine = await EngineInstance.OpenAsync(null, Token);
        return await StreamJobRun.RunAsync(
            $"""
            CREATE TABLE i WITH (connector = 'impulse', message_count = '20', event_time_interval_ms = '1');
            CREATE TEMPORARY TABLE c (id BIGINT PRIMARY KEY, city TEXT, rate DOUBLE, good BOOLEAN)
                WITH (connector = 'redis', address = '{redis.Address}', key_prefix = '{name}', 'lookup.value' = '{value}', 'lookup.batch.max_keys' = '7');
            {query};
            """,
            new WindowEvents(1, count: 1), engine, 2, Token);
    }
}
