using System.Globalization;
using System.Text.RegularExpressions;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors.Redis;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Operators;
using StackExchange.Redis;

namespace OrleansFlow.Tests.Streaming.Connectors.Redis;

/// <summary>Goal: rows are in a real server as their table says, lists hold each exactly once, and a server that is killed loses none.</summary>
[Conforms("redis")]
public sealed partial class RedisSinkTests(SharedRedis redis) : SinkConformance
{
    private readonly string _key = redis.NewName();
    private IDatabase? _database;

    public override async ValueTask InitializeAsync() => _database = await redis.OpenAsync(Token);

    protected override StreamOperator Sink() => new RedisSink(Config(RedisTarget.List));

    protected override async Task<IReadOnlyList<long>> VisibleAsync() => NumbersOf(await _database!.ListRangeAsync(_key));

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsOfAList_AreNotSeenBeforeTheirCommit_AndARestoredSinkCommitsThem()
    {
        OperatorState state;
        await using (var sink = await StartAsync())
        {
            await sink.ProcessAsync(Rows.Of(3));
            state = await CheckpointAsync(sink);
            Assert.Equal(0, await _database!.ListLengthAsync(_key));
        }

        await using var restored = await StartAsync(state);
        await CommitAsync(restored, state);

        Assert.Equal([0, 1, 2], NumbersOf(await _database.ListRangeAsync(_key)));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(false, "3,4,5")]
    [InlineData(true, "5,4,3")]
    public async Task List_KeepsTheNewestRows_InTheOrderThatItAsksFor(bool prepends, string wanted)
    {
        var config = Config(RedisTarget.List);
        (config.Prepends, config.LengthMax, config.TtlMicros) = (prepends, 3, 3_600_000_000);
        await using var sink = await StartAsync(config);
        await sink.ProcessAsync(Rows.Of(6));
        await CommitAsync(sink, await CheckpointAsync(sink));

        Assert.Equal(wanted, string.Join(',', NumbersOf(await _database!.ListRangeAsync(_key))));
        Assert.InRange((await _database.KeyTimeToLiveAsync(_key))!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task String_HoldsTheLastRowOfItsKey_ForItsLifetime()
    {
        var config = Config(RedisTarget.String);
        (config.KeyColumn, config.TtlMicros) = ("number", 3_600_000_000);
        await using var sink = await StartAsync(config);
        await sink.ProcessAsync(Rows.Of(2));
        await sink.ProcessAsync(Rows.Of(1, 1));
        await sink.CheckpointAsync();

        Assert.Equal("""{"number":0}""", await _database!.StringGetAsync(_key + "0"));
        Assert.Equal("""{"number":1}""", await _database.StringGetAsync(_key + "1"));
        Assert.InRange((await _database.KeyTimeToLiveAsync(_key + "1"))!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("number", "0={\"number\":0};1={\"number\":1}")]
    [InlineData("", "number=1")]
    public async Task Hash_HoldsRowsByField_OrColumns(string fieldColumn, string wanted)
    {
        var config = Config(RedisTarget.Hash);
        config.FieldColumn = fieldColumn;
        await using var sink = await StartAsync(config);
        await sink.ProcessAsync(Rows.Of(2));
        await sink.CheckpointAsync();

        Assert.Equal(wanted, string.Join(';', (await _database!.HashGetAllAsync(_key)).Select(entry => $"{entry.Name}={entry.Value}").Order(StringComparer.Ordinal)));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(RedisTarget.String)]
    [InlineData(RedisTarget.Hash)]
    public async Task RowThatIsTakenBack_RemovesItsKey_AndOneThatComesBehindItIsThere(RedisTarget target)
    {
        var config = Config(target);
        config.KeyColumn = "number";
        await using var sink = await StartAsync(config);
        await sink.ProcessAsync(Changes((1, false), (2, false)));
        await sink.CheckpointAsync();
        await sink.ProcessAsync(Changes((1, true), (2, true), (2, false)));
        await sink.CheckpointAsync();

        Assert.False(await _database!.KeyExistsAsync(_key + "1"));
        Assert.True(await _database.KeyExistsAsync(_key + "2"));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task KeyOfAnotherType_EndsTheJob_InClearWords()
    {
        await _database!.StringSetAsync(_key, "x");
        await using var sink = await StartAsync();
        await sink.ProcessAsync(Rows.Of(1));
        var state = await CheckpointAsync(sink);

        var failure = await Assert.ThrowsAsync<FlowException>(() => CommitAsync(sink, state));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains("WRONGTYPE", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ServerThatIsKilledAndComesBack_HasEachRowOnce()
    {
        await using var server = await RedisServer.StartNewAsync(Token);
        var config = Config(RedisTarget.List);
        (config.Endpoint.Address, config.Endpoint.AttemptsMax, config.Endpoint.MaxBackoffMicros) = (server.Address, 200, 100_000);
        await using var sink = await StartAsync(config);
        await sink.ProcessAsync(Rows.Of(2));
        var first = await CheckpointAsync(sink);
        await sink.ProcessAsync(Rows.Of(2, 2));
        await server.KillAsync();

        var committing = CommitAsync(sink, first);
        await server.StartAsync(Token);
        await committing;
        await server.KillAsync();
        var checkpoint = CheckpointAsync(sink);
        await server.StartAsync(Token);
        await CommitAsync(sink, await checkpoint);

        await using var connection = await ConnectionMultiplexer.ConnectAsync(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{server.Port}"));
        Assert.Equal([0, 1, 2, 3], NumbersOf(await connection.GetDatabase().ListRangeAsync(_key)));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ServerThatIsNotThere_FailsTheCheckpoint_AfterItsTries()
    {
        var config = Config(RedisTarget.List);
        (config.Endpoint.Address, config.Endpoint.AttemptsMax) = ("redis://127.0.0.1:1", 2);
        await using var sink = await StartAsync(config);
        await sink.ProcessAsync(Rows.Of(1));

        var failure = await Assert.ThrowsAsync<FlowException>(() => sink.CheckpointAsync());

        Assert.Equal(FlowErrorCode.StoreUnavailable, failure.Code);
    }

    private static List<long> NumbersOf(RedisValue[] rows) => [.. rows.Select(row => long.Parse(Digits().Match(row.ToString()).ValueSpan, CultureInfo.InvariantCulture))];

    private static RecordBatch Changes(params (long Number, bool IsRetract)[] rows)
    {
        using var numbers = new Int64Builder(null);
        using var marks = new BooleanBuilder(null);
        foreach (var (number, isRetract) in rows)
        {
            numbers.Append(number);
            marks.Append(isRetract);
        }

        return new RecordBatch(new ArrowSchema(Rows.Numbers.Fields[0], ChangeRows.RetractField), [numbers.Build(), marks.Build()], rows.Length);
    }

    private Task<OperatorHarness> StartAsync(RedisSinkConfig config) => OperatorHarness.StartAsync(new RedisSink(config), Rows.Numbers, State, null, TimeProvider.System);

    private RedisSinkConfig Config(RedisTarget target) => new()
    {
        Endpoint = new RedisEndpoint { Address = redis.Address, FirstBackoffMicros = 1_000 }, Target = target, KeyPrefix = _key, Rows = new RowSinkConfig { Columns = { "number" } },
    };

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
