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
