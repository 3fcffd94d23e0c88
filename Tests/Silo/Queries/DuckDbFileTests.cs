using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: the tables of a DuckDB file are read by a name, on the workers where they see the file, and as they are when a statement reads them.</summary>
public sealed class DuckDbFileTests : IDisposable
{
    private const int Watchdog = 120_000;

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => _folder.Combine("data");

    private string DatabasePath => Path.Combine(Data, "shop.duckdb");

    [Theory(Timeout = Watchdog)]
    [InlineData("select key, count(*) as n, sum(value) as total from shop.sales.orders group by key order by key")]
    [InlineData("select o.id, d.label from Shop.Sales.Orders o join dims d using (key) where o.id % 10000 = 7 order by o.id")]
    [InlineData("select count(*) from shop.sales.orders")]
    [InlineData("select i.name, count(*) from shop.items i join shop.sales.orders o on o.key = i.id group by all order by all")]
    [InlineData("select items.name, o.name from shop.items join shop.sales.orders o on o.id = items.id where items.id > 3 order by 1")]
    [InlineData("with big as (select * from shop.sales.orders where value > 900) select count(*), min(id), (select max(id) from shop.main.items) from big")]
    public async Task Tables_AnswerAsDuckDbAlone_OnTheWorkers(string sql)
    {
        await WriteAsync();
        await using var cluster = await StartAsync();

        var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql));

        Assert.Equal(await cluster.AloneAsync(sql), rows);
        Assert.NotEqual(0, cluster.Starts.Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Parts_OfATableWithDeletedRows_HaveEachRowOnce()
    {
        await WriteAsync("delete from sales.orders where id % 3 = 0; delete from sales.orders where id between 100000 and 240000");
        await using var cluster = await StartAsync();
        const string sql = "select count(*), sum(id), count(distinct id) from shop.sales.orders";

        Assert.Equal(await cluster.AloneAsync(sql), await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
        Assert.NotEqual(0, cluster.Starts.Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task FileThatWasWrittenAnew_IsReadAsItIsNow_InTheSameEngines()
    {
        await WriteAsync();
        await using var cluster = await StartAsync();
        const string sql = "select count(*), max(value) from shop.sales.orders";
        await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql));

        await WriteAsync("delete from sales.orders where id > 5; insert into sales.orders values (99, 1, 123456, 'new')");

        Assert.Equal(["count_star(),max(\"value\")", "7,123456"], await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
    }

    [Fact(Timeout = Watchdog)]
    public async Task FileThatWorkersDoNotSee_IsReadByTheGateway_AndExplainSaysWhy()
    {
        await WriteAsync();
        await using var cluster = await StartAsync(onWorkers: false);
        const string sql = "select key, sum(value) as total from shop.sales.orders join dims using (key) group by key order by key";

        var plan = await QueryCluster.AskAsync(cluster.Silo.Client.Query("explain " + sql));
        var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql));

        Assert.Equal(await cluster.AloneAsync(sql), rows);
        Assert.Contains("'shop.sales.orders' is not on all workers", string.Join('\n', plan), StringComparison.Ordinal);
        Assert.Equal(0, cluster.Starts.Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task FileThatIsGone_FailsTheStatementsThatReadIt_AndNoOthers()
    {
        await using var cluster = await StartAsync();

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query("select * from shop.sales.orders")));
        var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query("select shop.key from dims shop order by 1 limit 1"));

        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Contains(DatabasePath, failure.Message, StringComparison.Ordinal);
        Assert.Equal(["key", "0"], rows);
    }

    [Fact(Timeout = Watchdog)]
    public async Task TableThatIsNotThere_IsTheEnginesError()
    {
        await WriteAsync();
        await using var cluster = await StartAsync();

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query("select * from shop.sales.nothing")));

        Assert.Equal(FlowErrorCode.EngineError, failure.Code);
        Assert.Contains("nothing", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Database_IsNotWritten_AndItsTablesAreListed()
    {
        await WriteAsync();
        await using var cluster = await StartAsync();

        foreach (var sql in (string[])["insert into shop.sales.orders values (1, 1, 1, 'x')", "drop table shop.items", "create table shop.more as select 1 as x", $"attach '{DatabasePath}' as other"])
        {
            var refused = await Assert.ThrowsAsync<FlowException>(() => cluster.Silo.Client.UpdateAsync(sql, Token));
            Assert.True(refused.Code is FlowErrorCode.Unsupported, $"{sql}: {refused.Message}");
        }

        var listed = await new SqlProbe(cluster.Silo.Flight).RowsAsync(new CommandGetTables { Catalog = "shop" });
        Assert.Equal("shop,main,items,TABLE;shop,sales,orders,TABLE", listed);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<QueryCluster> StartAsync(bool? onWorkers = null)
    {
        Directory.CreateDirectory(Data);
        var cluster = await QueryCluster.StartRealAsync(
            dataFolder: Data, sql: options => options.Databases["Shop"] = new AttachedDatabaseOptions { Type = "duckdb", Path = DatabasePath, OnWorkers = onWorkers });
        if (File.Exists(DatabasePath))
        {
            // For DuckDB alone: the same file under the same name.
            await cluster.AloneAsync($"attach '{DatabasePath}' as shop (read_only)");
        }

        return cluster;
    }

    private async Task WriteAsync(string more = "")
    {
        Directory.CreateDirectory(Data);
        var isNew = !File.Exists(DatabasePath);
        await using var engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);
        await using var session = engine.OpenSession();
        await session.ExecuteAsync($"attach '{DatabasePath}' as made; use made", null, Token);
        if (isNew)
        {
            await session.ExecuteAsync(
                """
                create schema sales;
                create table sales.orders as select range as id, range % 97 as key, (range * 7919) % 1000 as value, 'name ' || (range % 5) as name from range(400000);
                create table items as select range as id, 'item ' || range as name from range(20);
                """,
                null,
                Token);
        }

        if (more.Length > 0)
        {
            await session.ExecuteAsync(more, null, Token);
        }

        await session.ExecuteAsync("checkpoint made; use memory; detach made", null, Token);
    }
}
