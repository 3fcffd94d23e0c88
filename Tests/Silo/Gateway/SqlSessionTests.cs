using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Tests.Silo.Queries;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Goal: statements that come after one another use the same engine, and none sees what another one named, read or left.</summary>
public sealed class SqlSessionTests
{
    // Of what a statement sees besides its own tables.
    private const string OtherViews = "select count(*) from duckdb_views() where database_name = 'flow' and not internal";

    [Fact]
    public async Task Statement_SeesTheRowsOfNow_NotThoseOfTheOneBefore()
    {
        await using var silo = await StartAsync();
        var probe = new SqlProbe(silo.Flight);
        await probe.UpdateAsync("create table t as select 1 as a");
        Assert.Equal("1", await probe.RowsAsync("select a from t"));
        Assert.Equal("1", await probe.RowsAsync("select a from t"));

        await probe.UpdateAsync("insert into t values (2)");
        Assert.Equal("1;2", await probe.RowsAsync("select a from t order by a"));
        Assert.Equal("2", await probe.RowsAsync("select count(a) from t"));
    }

    [Fact]
    public async Task Statement_SeesTheColumnsOfNow()
    {
        await using var silo = await StartAsync();
        var probe = new SqlProbe(silo.Flight);
        await probe.UpdateAsync("create table t as select 1 as a");
        Assert.Equal("1", await probe.RowsAsync("select * from t"));

        await probe.UpdateAsync("create or replace table t as select 'x' as b, 2 as c");
        var info = await probe.Sql.QueryAsync("select * from t", SqlProbe.Call);

        Assert.Equal(["b", "c"], info.Schema!.Fields.Select(field => field.Name));
        Assert.Equal("x,2", await probe.RowsAsync(info));
    }

    [Fact]
    public async Task Table_ThatIsGone_IsNotFoundThoughItWasRead()
    {
        await using var silo = await StartAsync();
        var probe = new SqlProbe(silo.Flight);
        await probe.UpdateAsync("create table t as select 1 as a");
        Assert.Equal("1", await probe.RowsAsync("select a from t"));
        await probe.UpdateAsync("drop table t");

        var failure = await SqlProbe.RefusedAsync(RpcStatusCode.InvalidArgument, "engine_error", () => probe.RowsAsync("select a from t"));

        Assert.Contains("t does not exist", failure.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statement_SeesNoNamesOfOthers()
    {
        await using var silo = await StartAsync();
        var probe = new SqlProbe(silo.Flight);
        await probe.UpdateAsync("create table t as select 1 as a");
        await probe.UpdateAsync("create view v as select a + 1 as a from t");
        Assert.Equal("1", await probe.RowsAsync("select a from t"));
        Assert.Equal("0", await probe.RowsAsync(OtherViews));
        Assert.Equal("2", await probe.RowsAsync("select a from v"));
        Assert.Equal("0", await probe.RowsAsync(OtherViews));
        Assert.Equal("1", await probe.RowsAsync("select a from t"));
        Assert.Equal("1", await probe.RowsAsync($"{OtherViews} and (select max(a) from t) = 1"));
    }

    [Fact]
    public async Task View_IsReadAgainAndAgain()
    {
        await using var silo = await StartAsync();
        var probe = new SqlProbe(silo.Flight);
        await probe.UpdateAsync("create table t as select 1 as a");
        await probe.UpdateAsync("create view v as select a + 1 as a from t");

        foreach (var _ in Enumerable.Range(0, 3))
        {
            Assert.Equal("2", await probe.RowsAsync("select a from v"));
            Assert.Equal("1,2", await probe.RowsAsync("select t.a, v.a from t, v"));
        }
    }

    [Theory]
    [InlineData("select a / 'x' from t")]
    [InlineData("select nothing from t")]
    [InlineData("selec 1 from t")]
    [InlineData("select error('stop') from t")]
    public async Task Statement_AfterOneThatFailed_ReadsTheSameTable(string sql)
    {
        await using var silo = await StartAsync();
        var probe = new SqlProbe(silo.Flight);
        await probe.UpdateAsync("create table t as select 1 as a");
        Assert.Equal("1", await probe.RowsAsync("select a from t"));

        await Assert.ThrowsAsync<RpcException>(() => probe.RowsAsync(sql));

        Assert.Equal("1", await probe.RowsAsync("select a from t"));
        Assert.Equal("0", await probe.RowsAsync(OtherViews));
    }

    [Fact]
    public async Task Statement_AfterOneWhoseReaderLeft_ReadsTheSameTable()
    {
        await using var silo = await StartAsync();
        var probe = new SqlProbe(silo.Flight);
        await probe.UpdateAsync("create table t as select 1 as a");
        var info = await probe.Sql.QueryAsync("select range from t, range(1000000000000)", SqlProbe.Call);
        await using (var reading = silo.Flight.DoGet(info.Endpoints[0].Ticket, SqlProbe.Call).GetAsyncEnumerator(TestContext.Current.CancellationToken))
        {
            Assert.True(await reading.MoveNextAsync());
            reading.Current.Dispose();
        }

        Assert.Equal("1", await probe.RowsAsync("select a from t"));
        Assert.Equal("0", await probe.RowsAsync(OtherViews));
    }

    [Theory]
    [InlineData("select * from '{0}'")]
    [InlineData("select * from \"{0}\"")]
    [InlineData("select * from read_csv('{0}')")]
    [InlineData("select * from (values (1)) as v(one), '{0}'")]
    public async Task Columns_OfAFile_AreAskedEachTime(string sql)
    {
        using var folder = new TempFolder();
        await using var silo = await StartAsync(folder.Path);
        var probe = new SqlProbe(silo.Flight);
        var file = Path.Combine(folder.Path, "rows.csv");
        var text = string.Format(System.Globalization.CultureInfo.InvariantCulture, sql, file);
        await File.WriteAllTextAsync(file, "a\n1\n", TestContext.Current.CancellationToken);
        Assert.Equal("a", (await probe.Sql.QueryAsync(text, SqlProbe.Call)).Schema!.Fields[^1].Name);

        await File.WriteAllTextAsync(file, "b\n1\n", TestContext.Current.CancellationToken);

        Assert.Equal("b", (await probe.Sql.QueryAsync(text, SqlProbe.Call)).Schema!.Fields[^1].Name);
    }

    [Fact]
    public async Task Texts_OfSeveralStatements_RunNone()
    {
        await using var silo = await StartAsync();
        var probe = new SqlProbe(silo.Flight);
        await probe.UpdateAsync("create table t as select 1 as a");

        var failure = await SqlProbe.RefusedAsync(RpcStatusCode.InvalidArgument, "bad_input", () => probe.RowsAsync("select a from t; select a from t"));
        await SqlProbe.RefusedAsync(RpcStatusCode.InvalidArgument, "bad_input", () => probe.UpdateAsync("insert into t values (2); insert into t values (3)"));

        Assert.Contains("holds 2 statements", failure.Status.Message, StringComparison.Ordinal);
        Assert.Equal("1", await probe.RowsAsync("select a from t"));
    }

    private static Task<RunningSilo> StartAsync(string? folder = null) => RunningSilo.StartAsync(options => options.ConfigureServices = services =>
        services.Allow(folder).Configure<SqlGatewayOptions>(sql => sql.SessionsMax = 1));
}
