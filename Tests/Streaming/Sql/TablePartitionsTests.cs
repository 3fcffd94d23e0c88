using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Streaming.Lives;

namespace OrleansFlow.Tests.Streaming.Sql;

/// <summary>Goal: PARTITIONED BY divides rows into folders that other tools read as columns, and is refused in clear words where it can do nothing.</summary>
public sealed class TablePartitionsTests(LifeEngine lives) : IClassFixture<LifeEngine>, IDisposable
{
    private const string Numbers = "CREATE TABLE i WITH (connector = 'impulse', event_rate = 0, message_count = '1000', event_time_interval_ms = '1'); ";

    private readonly string _folder = Directory.CreateTempSubdirectory("partitioned-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Rows_AreInTheFoldersOfTheirColumns_AsDuckDbReadsThem()
    {
        var program = await StreamPlanner.PlanAsync(
            $"{Numbers}CREATE TABLE o (n BIGINT, \"Kind\" BIGINT, odd BOOLEAN) PARTITIONED BY (kind, odd) WITH (connector = 'filesystem', path = '{_folder}', format = 'json'); INSERT INTO o SELECT counter, counter % 3, counter % 2 = 1 FROM i",
            new StreamPlanOptions { Parallelism = 2 },
            Token);
        await using (var runner = new LocalRunner(new StreamEngineSetup
        {
            Program = program,
            Operators = new OperatorRegistry().AddKnown().AddSql(lives.Engine),
            State = MemoryStateBackend.WithoutCheckpoints,
            KeepsState = false,
        }))
        {
            await runner.RunAsync(Token);
        }

        var read = await LifeRows.AskAsync(lives.Session, $"SELECT \"Kind\"::BIGINT AS k, odd::BOOLEAN AS o, count(*) AS c, sum(n)::BIGINT AS s FROM read_json('{_folder}/*/*/*.json', hive_partitioning = true) GROUP BY ALL", Token);
        var expected = await LifeRows.AskAsync(lives.Session, "SELECT n % 3 AS k, n % 2 = 1 AS o, count(*) AS c, sum(n)::BIGINT AS s FROM range(1000) AS r(n) GROUP BY ALL", Token);
        Assert.Equal(6, expected.Count);
        Assert.Equal(expected, read);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task TableWithoutColumns_IsDividedByThoseOfItsQuery()
    {
        var program = await StreamPlanner.PlanAsync(Numbers + "CREATE TABLE o WITH (connector = 'filesystem', path = '/o', format = 'json') PARTITIONED BY (third); INSERT INTO o SELECT counter, counter % 3 AS third FROM i", new StreamPlanOptions(), Token);

        Assert.Equal(["third"], FilesystemSinkConfig.Parser.ParseFrom(program.Nodes[^1].Chain[0].Config).PartitionFields);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("CREATE TABLE o (a BIGINT, b BIGINT) PARTITIONED BY (c) WITH (connector = 'filesystem', path = '/o')", FlowErrorCode.BadInput, "Table 'o': PARTITIONED BY names 'c'; the table has the columns: a, b.")]
    [InlineData("CREATE TABLE o (a BIGINT, b BIGINT) PARTITIONED BY (b, B) WITH (connector = 'filesystem', path = '/o')", FlowErrorCode.BadInput, "PARTITIONED BY names 'b' twice")]
    [InlineData("CREATE TABLE o PARTITIONED BY (c) WITH (connector = 'filesystem', path = '/o'); INSERT INTO o SELECT counter, 1 AS one FROM i", FlowErrorCode.BadInput, "PARTITIONED BY names 'c'; the table has the columns: counter, one.")]
    [InlineData("CREATE TABLE o (a BIGINT) PARTITIONED BY (a) WITH (connector = 'filesystem', path = '/o'); INSERT INTO o SELECT counter FROM i", FlowErrorCode.BadOption, "PARTITIONED BY names all columns, so that files would hold none")]
    [InlineData("CREATE TABLE o (a BIGINT, b BIGINT) PARTITIONED BY (b) WITH (connector = 'filesystem', path = '/o', partition.fields = 'b'); INSERT INTO o SELECT counter, 1 FROM i", FlowErrorCode.BadOption, "the option partition.fields and PARTITIONED BY say the same; give one of them")]
    [InlineData("CREATE TABLE o (a BIGINT, b BIGINT) PARTITIONED BY (bucket(16, b)) WITH (connector = 'filesystem', path = '/o')", FlowErrorCode.Unsupported, "Table 'o': PARTITIONED BY (bucket(16, b)) is no column. Rows are divided by columns: insert what it computes as one more column, or give the folders of the event time by the option partition.time_format.")]
    [InlineData("CREATE TABLE o (a BIGINT, b BIGINT) PARTITIONED BY (b) WITH (connector = 'blackhole')", FlowErrorCode.Unsupported, "Table 'o': connector blackhole does not divide rows, so that PARTITIONED BY means nothing. Leave it out; connectors that do: filesystem.")]
    [InlineData("CREATE TABLE o (a BIGINT, b BIGINT) PARTITIONED BY (b)", FlowErrorCode.Unsupported, "Table 'o': a table without a connector does not divide rows")]
    [InlineData("CREATE TABLE o (a BIGINT, b BIGINT) PARTITIONED BY (b) WITH (connector = 'filesystem', path = '/o', type = 'source')", FlowErrorCode.BadInput, "Table 'o': PARTITIONED BY is of tables that are written")]
    [InlineData("CREATE TABLE o (a BIGINT, b BIGINT) PARTITIONED BY (b) WITH (connector = 'filesystem', path = '/o', format = 'json'); SELECT a FROM o", FlowErrorCode.BadInput, "Table 'o': PARTITIONED BY is of tables that are written")]
    public async Task WhatCannotBe_IsRefusedInClearWords(string text, FlowErrorCode code, string words)
    {
        var exception = await Assert.ThrowsAsync<FlowException>(() => StreamPlanner.PlanAsync(Numbers + text, new StreamPlanOptions(), Token));

        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        Assert.Equal(code, exception.Code);
    }
}
