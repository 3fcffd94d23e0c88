using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Engine;

/// <summary>What can be known of a statement before it runs.</summary>
public sealed class InspectionTests : EngineTestBase
{
    [Theory]
    [InlineData("select 1", 1)]
    [InlineData("select 1;", 1)]
    [InlineData("select 1; select 2", 2)]
    [InlineData("select * from missing", 1)]
    [InlineData("", 0)]
    [InlineData("-- nothing", 0)]
    public async Task CountStatements_Text_RunsNothing(string sql, int count) => Assert.Equal(count, await Session.CountStatementsAsync(sql, Token));

    [Fact]
    public async Task CountStatements_NoSql_SaysSo()
    {
        var failure = await Assert.ThrowsAsync<EngineException>(() => Session.CountStatementsAsync("selec 1", Token));

        Assert.Equal(EngineErrorKind.Syntax, failure.Kind);
    }

    [Theory]
    [InlineData("create table made (a int); select 1", 2)]
    [InlineData("-- nothing", 0)]
    public async Task PrepareOne_OfAnotherNumberOfStatements_RunsNone(string sql, int count)
    {
        var failure = await Assert.ThrowsAsync<ArgumentException>(() => Session.PrepareOneAsync(sql, Token));

        Assert.Contains($"holds {count} statements", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<EngineException>(() => Session.PrepareOneAsync("select * from made", Token));
    }

    [Fact]
    public async Task PrepareOne_SaysWhatTheStatementIs()
    {
        var (statement, shape) = await Session.PrepareOneAsync("select 1::bigint as a where $1", Token);
        await using (statement)
        {
            Assert.Equal((StatementKind.Select, "a"), (shape.Kind, Assert.Single(shape.Result!.Fields).Name));
            await using var result = await statement.QueryOnceAsync([true], Token);
            Assert.False(result.IsComplete);
            using var batch = await result.ReadAsync(Token);
            Assert.Equal(1, batch!.RowCount);
            Assert.Null(await result.ReadAsync(Token));
            Assert.True(result.IsComplete);
        }
    }

    [Fact]
    public async Task Describe_Statements_GivesKindColumnsAndParameters()
    {
        await Session.ExecuteAsync("create table t (a bigint, b varchar)", null, Token);

        var select = await DescribeAsync("select a, b || 'x' as c from t where a > ? and b = $2");
        Assert.Equal(StatementKind.Select, select.Kind);
        Assert.Equal("a: int64, c: utf8", string.Join(", ", select.Result!.Fields.Select(field => $"{field.Name}: {field.Type.Name}")));
        Assert.Equal(["1", "2"], select.Parameters.Fields.Select(field => field.Name));
        Assert.Equal([ArrowType.Int64, ArrowType.Utf8], select.Parameters.Fields.Select(field => field.Type));

        var open = await DescribeAsync("select ? as x");
        Assert.Null(open.Result);
        Assert.Equal(ArrowType.Null, Assert.Single(open.Parameters.Fields).Type);

        Assert.Equal(StatementKind.Insert, (await DescribeAsync("insert into t values (1, 'x')")).Kind);
        Assert.Equal(StatementKind.Create, (await DescribeAsync("create table u (a int)")).Kind);
        Assert.Equal(StatementKind.Drop, (await DescribeAsync("drop table t")).Kind);
        Assert.Equal(StatementKind.Other, (await DescribeAsync("begin")).Kind);
    }

    private async Task<StatementShape> DescribeAsync(string sql)
    {
        await using var statement = await Session.PrepareAsync(sql, Token);
        return await statement.DescribeAsync(Token);
    }

    [Fact]
    public async Task Views_OfRegisteredBatches_CanBeNamedInOtherCatalogs()
    {
        await Session.ExecuteAsync("ATTACH ':memory:' AS runs; ATTACH ':memory:' AS flow; USE flow; SET enable_external_access = false; SET lock_configuration = true", null, Token);
        var schema = new ArrowSchema(new ArrowField("a", ArrowType.Int64));
        using var builder = new RecordBatchBuilder(schema);
        builder.AppendRow(42L);
        using var batch = builder.Build();
        await Session.RegisterBatchesAsync("_0", schema, [batch], Token);
        await Session.ExecuteAsync("CREATE SCHEMA runs.\"r-1\"; CREATE VIEW runs.\"r-1\".n AS SELECT * FROM temp._0; CREATE VIEW flow.main.t AS SELECT * FROM temp._0", null, Token);

        await Session.ExecuteAsync("create table x as select * from runs.\"r-1\".n join t using (a)", null, Token);

        Assert.Equal([42L], Assert.Single(await RowsAsync("select a from flow.main.x")));
        await Assert.ThrowsAsync<EngineException>(() => Session.ExecuteAsync("select * from read_text('/etc/hostname')", null, Token));
    }
}
