using OrleansFlow.Errors;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Tests.Streaming.Sql;

/// <summary>Goal: a column that a connector fills is taken only where the connector has it, of the type that it has; else the message names column, key and what there is.</summary>
public sealed class MetadataColumnTests
{
    private const string Kafka = "WITH (connector = 'kafka', bootstrap_servers = 'b:1', topic = 't')";

    [Theory]
    [InlineData("x BIGINT METADATA FROM 'offest'", Kafka, "Table 't', column 'x' is METADATA FROM 'offest', which connector kafka does not offer; it offers 'topic' (TEXT), 'partition' (INT), 'offset' (BIGINT), ")]
    [InlineData("x INT METADATA FROM 'topic'", Kafka, "column 'x' is METADATA FROM 'topic': incorrect data type for metadata field 'topic'; expected TEXT, but found INT")]
    [InlineData("x TIMESTAMPTZ METADATA FROM 'timestamp'", Kafka, "incorrect data type for metadata field 'timestamp'; expected TIMESTAMP or BIGINT, but found TIMESTAMPTZ")]
    [InlineData("x BIGINT METADATA FROM 'key'", Kafka, "expected TEXT or BYTEA, but found BIGINT")]
    [InlineData("x TEXT METADATA FROM 'topic'", "WITH (connector = 'impulse')", "column 'x' is METADATA FROM 'topic', which connector impulse does not offer; it offers none")]
    [InlineData("x TEXT METADATA FROM 'topic'", "WITH (connector = 'kafka', type = 'sink', bootstrap_servers = 'b:1', topic = 't')", "and the table is a sink: only rows that are read have metadata")]
    [InlineData("x TEXT METADATA FROM 'topic'", "", "column 'x' is METADATA FROM 'topic', and the table has no connector that reads it")]
    [InlineData("x TEXT GENERATED ALWAYS AS ('a') METADATA FROM 'topic'", Kafka, "and GENERATED ALWAYS AS too; it is one of the two")]
    [InlineData("x TEXT METADATA FROM 'topic', PRIMARY KEY (n)", "WITH (connector = 'kafka', bootstrap_servers = 'b:1', topic = 't', format = 'debezium_json')", "rows of the table change (format debezium_json), which have no metadata")]
    [InlineData("x BIGINT METADATA FROM 'headers'", Kafka, "metadata field 'headers'; expected TEXT, but found BIGINT")]
    [InlineData("x TEXT METADATA FROM 'header:'", Kafka, "which connector kafka does not offer; it offers 'topic' (TEXT), 'partition' (INT), 'offset' (BIGINT), 'offset_id' (BIGINT), 'timestamp' (TIMESTAMP or BIGINT), 'key' (TEXT or BYTEA), 'headers' (TEXT), 'header:*' (TEXT or BYTEA).")]
    [InlineData("x INT METADATA FROM 'header:trace'", Kafka, "metadata field 'header:trace'; expected TEXT or BYTEA, but found INT")]
    [InlineData("x TEXT METADATA FROM 'header'", "WITH (connector = 'http_polling', endpoint = 'http://x')", "which connector http_polling does not offer; it offers 'url' (TEXT), 'status' (INT), 'received' (TIMESTAMP or BIGINT).")]
    [InlineData("x TEXT METADATA FROM 'status'", "WITH (connector = 'websocket', endpoint = 'ws://x')", "which connector websocket does not offer; it offers 'url' (TEXT), 'message_type' (TEXT), 'received' (TIMESTAMP or BIGINT).")]
    [InlineData("x TEXT METADATA FROM 'token'", "WITH (connector = 'orleans', provider = 'p', key = 'k')", "which connector orleans does not offer; it offers 'key' (TEXT), 'namespace' (TEXT), 'provider' (TEXT), 'received' (TIMESTAMP or BIGINT).")]
    [InlineData("x TEXT METADATA FROM 'schema'", "WITH (connector = 'postgres', connection = 'Host=x', table = 't', slot = 's')", "which connector postgres does not offer; it offers 'lsn' (TEXT or BIGINT), 'commit_time' (TIMESTAMP or BIGINT), 'xid' (BIGINT), 'table' (TEXT), 'op' (TEXT).")]
    public async Task WrongColumn_IsRefusedWithWhatTheConnectorOffers(string column, string with, string problem)
    {
        var failure = await FailAsync($"CREATE TABLE t (n BIGINT, {column}) {with}; SELECT n FROM t;");

        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TableThatIsInsertedInto_HasNoMetadata()
    {
        var failure = await FailAsync($"CREATE TABLE i WITH (connector = 'impulse'); CREATE TABLE t (n BIGINT, x TEXT METADATA FROM 'topic') {Kafka}; INSERT INTO t SELECT counter FROM i;");

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains("Table 't', column 'x' is METADATA FROM 'topic', and the table is a sink", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis", "address = 'redis://x'", "k TEXT METADATA FROM 'kee' PRIMARY KEY", "Table 't', column 'k' is METADATA FROM 'kee', which connector redis does not offer where rows are looked up; it offers 'key' (a column of the PRIMARY KEY).")]
    [InlineData("redis", "address = 'redis://x'", "k TEXT PRIMARY KEY, v TEXT METADATA FROM 'key'", "Table 't', column 'v' is METADATA FROM 'key', which only a column of its PRIMARY KEY may be")]
    [InlineData("single_file", "path = '/x.json'", "k TEXT METADATA FROM 'key' PRIMARY KEY", "which connector single_file does not offer where rows are looked up; it offers none.")]
    public async Task TableThatIsLookedUp_OffersKeysOfItsOwn(string connector, string with, string columns, string problem)
    {
        var failure = await FailAsync($"CREATE TABLE i WITH (connector = 'impulse'); CREATE TEMPORARY TABLE t ({columns}) WITH (connector = '{connector}', {with}); SELECT counter FROM i;");

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyOfRedis_IsTakenByTheColumnThatRowsAreLookedUpBy() => await StreamPlanner.PlanAsync(
        "CREATE TABLE i WITH (connector = 'impulse'); CREATE TEMPORARY TABLE t (k TEXT METADATA FROM 'key' PRIMARY KEY, v TEXT) WITH (connector = 'redis', address = 'redis://x'); SELECT counter, v FROM i JOIN t ON CAST(counter AS TEXT) = t.k;",
        new StreamPlanOptions(),
        TestContext.Current.CancellationToken);

    [Fact]
    public async Task TableOfNothingElse_IsRefused()
    {
        var failure = await FailAsync($"CREATE TABLE t (x TEXT METADATA FROM 'topic') {Kafka}; SELECT x FROM t;");

        Assert.Contains("Table 't' has only columns of METADATA FROM; give it one that is read from the data", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EachConnectorsKeys_AreThereOnce_WithATypeThatPeopleCanWrite() => Assert.All(
        KnownConnectors.All.Where(connector => connector.Metadata.Count > 0),
        connector =>
        {
            Assert.Distinct(connector.Metadata.Select(one => one.Key));
            Assert.All(connector.Metadata, one => Assert.Matches("^(TEXT|BYTEA|INT|BIGINT|TIMESTAMP)( or (TEXT|BYTEA|INT|BIGINT|TIMESTAMP))*$", one.TypeText));
        });

    private static Task<FlowException> FailAsync(string text) =>
        Assert.ThrowsAsync<FlowException>(() => StreamPlanner.PlanAsync(text, new StreamPlanOptions(), TestContext.Current.CancellationToken));
}
