using OrleansFlow.Errors;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: files and queries get names that every statement can use as tables, on all workers, and that outlast the silo.</summary>
public sealed class NamedTableTests : IDisposable
{
    private const int Watchdog = 120_000;

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => _folder.Combine("data");

    /// <summary>A name for files, a question to it, and the same question to DuckDB alone.</summary>
    public static TheoryData<string, string, string> Tables => new()
    {
        { "create table t from '{0}/facts/*.parquet'", "select key, count(*) as n, sum(value) from t group by key order by key", "read_parquet('{0}/facts/*.parquet')" },
        { "create view t from '{0}/facts'", "select name, max(id) from t group by name order by name", "read_parquet('{0}/facts/*.parquet')" },
        { "create table t from ['{0}/facts/a.parquet', '{0}/facts/b.parquet']", "select id from t where id % 999 = 0 order by id", "read_parquet('{0}/facts/*.parquet')" },
        { "create table t from read_parquet('{0}/facts/*.parquet')", "select count(*), min(id) from t", "read_parquet('{0}/facts/*.parquet')" },
        { "create table t from '{0}/hive/*/*.parquet' (hive_partitioning = true)", "select part, count(*) from t where part > 0 group by part order by part", "read_parquet('{0}/hive/*/*.parquet', hive_partitioning = true)" },
        { "create table t from '{0}/text/*.txt' (format csv, delim ';', header = true)", "select label, sum(key) from t group by label order by label limit 9", "read_csv('{0}/text/*.txt', delim = ';', header = true)" },
        { "create table t from '{0}/lines/*.json'", "select sum(key), max(label) from t", "read_json('{0}/lines/*.json')" },
        { "create view t as select key % 7 as k, value from read_parquet('{0}/facts/*.parquet') where value is not null", "select k, sum(value) from t as x group by k order by k", "(select key % 7 as k, value from read_parquet('{0}/facts/*.parquet') where value is not null)" },
        { "create view t (a, b) as select key, value from facts", "select a, sum(b) from flow.main.t group by a order by a", "(select key as a, value as b from facts)" },
        { "create or replace view main.t as with large as (select * from facts where value > 500) select name, count(*) as n from large group by name", "select * from t order by name", "(select name, count(*) as n from facts where value > 500 group by name)" },
    };

    [Theory(Timeout = Watchdog)]
    [MemberData(nameof(Tables))]
    public async Task NamedFilesAndQueries_AnswerAsDuckDbAlone_OnTheWorkers(string create, string question, string source)
    {
        await using var cluster = await StartAsync();

        Assert.Equal(0, await cluster.Silo.Client.UpdateAsync(Text(create), Token));
        var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query(question));

        var alone = question.Replace("flow.main.", "", StringComparison.Ordinal).Replace("from t", "from " + Text(source) + (question.Contains(" as x", StringComparison.Ordinal) ? "" : " as t"), StringComparison.Ordinal);
        Assert.Equal(await cluster.AloneAsync(alone), rows);
        Assert.All(cluster.Workers, worker => Assert.NotEmpty(worker.Plans));
    }

    [Fact(Timeout = Watchdog)]
    public async Task View_OfViewsAndTables_IsDistributedAsOneQuery()
    {
        await using var cluster = await StartAsync();
        await UpdateAsync(cluster, "create table files from '{0}/facts/*.parquet'");
        await UpdateAsync(cluster, "create view large as select * from files where value > 400");
        await UpdateAsync(cluster, "create view labelled as select l.id, l.value, d.label from large l join main.dims d using (key)");

        var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query("select label, count(*), (select max(id) from large) from labelled group by label order by label"));

        const string alone = """
            with large as (select * from facts where value > 400), labelled as (select l.id, l.value, d.label from large l join dims d using (key))
            select label, count(*), (select max(id) from large) from labelled group by label order by label
            """;
        Assert.Equal(await cluster.AloneAsync(alone), rows);
        Assert.All(cluster.Workers, worker => Assert.NotEmpty(worker.Plans));
    }

    [Fact(Timeout = Watchdog)]
    public async Task CommonTableExpression_ThatIsCalledLikeWhatAViewReads_DoesNotReachIntoTheView()
    {
        await using var cluster = await StartAsync();
        await UpdateAsync(cluster, "create view counted as select count(*) as n from dims");

        var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query("with dims as (select 1 as one) select n, one from counted, dims"));

        Assert.Equal(["n,one", "90,1"], rows);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Names_AreListed_AndGoWithDrop()
    {
        await using var cluster = await StartAsync();
        await UpdateAsync(cluster, "create table files from '{0}/facts/*.parquet'");
        await UpdateAsync(cluster, "create view seen as select id, name from files");

        var listed = await ListAsync(cluster);
        Assert.Equal("TABLE", listed["files"]);
        Assert.Equal("VIEW", listed["seen"]);

        var wrong = await RefusedAsync(cluster, "drop table seen");
        Assert.Equal((FlowErrorCode.BadInput, true), (wrong.Code, wrong.Message.Contains("DROP VIEW seen", StringComparison.Ordinal)));
        await UpdateAsync(cluster, "drop view seen");
        await UpdateAsync(cluster, "drop table files");
        await UpdateAsync(cluster, "drop table if exists files");

        Assert.DoesNotContain("seen", await ListAsync(cluster));
        Assert.Equal(FlowErrorCode.NotFound, (await RefusedAsync(cluster, "drop table files")).Code);
        Assert.True(File.Exists(Path.Combine(Data, "facts", "a.parquet")));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Name_ThatIsTaken_StaysUnlessItIsReplaced()
    {
        await using var cluster = await StartAsync();
        await UpdateAsync(cluster, "create view v as select 1 as n");

        Assert.Equal(FlowErrorCode.AlreadyExists, (await RefusedAsync(cluster, "create view v as select 2 as n")).Code);
        await UpdateAsync(cluster, "create view if not exists v as select 3 as n");
        Assert.Equal(["n", "1"], await QueryCluster.AskAsync(cluster.Silo.Client.Query("select * from v")));

        await UpdateAsync(cluster, "create or replace view v as select 4 as m");
        Assert.Equal(["m", "4"], await QueryCluster.AskAsync(cluster.Silo.Client.Query("select * from v")));
        Assert.Equal(FlowErrorCode.AlreadyExists, (await RefusedAsync(cluster, "create or replace view dims as select 4 as m")).Code);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("create table t from '{0}/../secret.csv'", FlowErrorCode.EngineError, "secret.csv")]
    [InlineData("create table t from '/etc/*.csv'", FlowErrorCode.EngineError, "/etc")]
    [InlineData("create view t as select * from read_csv('/etc/passwd')", FlowErrorCode.EngineError, "/etc/passwd")]
    [InlineData("create table t from 'facts/*.parquet'", FlowErrorCode.BadInput, "'facts/*.parquet' is not absolute|line 1, character 21")]
    [InlineData("create table t from '{0}/facts/*.bin'", FlowErrorCode.Unsupported, ".bin'|(format = parquet)")]
    [InlineData("create table t\nfrom '{0}/dims.csv' (delimeter = ';')", FlowErrorCode.Unsupported, "'delimeter'|delim|line 2, character")]
    [InlineData("create table t from '{0}/dims.csv' (delim = ';'", FlowErrorCode.BadInput, "')' is missing")]
    [InlineData("create table t from '{0}/dims.csv' where key > 1", FlowErrorCode.BadInput, "'where' is not expected here")]
    [InlineData("create table t from dims", FlowErrorCode.BadInput, "A path is missing|line 1, character 21")]
    [InlineData("create table t from '{0}/none/*.parquet'", FlowErrorCode.EngineError, "none/*.parquet")]
    [InlineData("create view t as select no_such from dims", FlowErrorCode.EngineError, "no_such|LINE 1: ")]
    [InlineData("create view t as select * from t", FlowErrorCode.EngineError, "t does not exist")]
    [InlineData("create view t select 1", FlowErrorCode.BadInput, "CREATE VIEW name AS query")]
    [InlineData("create view t as select $1 as n", FlowErrorCode.BadInput, "without parameters")]
    public async Task Definition_ThatIsWrong_IsRefusedWithThePlaceAndTheWayOut(string create, FlowErrorCode code, string parts)
    {
        await using var cluster = await StartAsync();
        await File.WriteAllTextAsync(_folder.Combine("secret.csv"), "word\nxyzzy\n", Token);

        var refused = await RefusedAsync(cluster, create);

        Assert.Equal(code, refused.Code);
        Assert.All(parts.Split('|'), part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("t", await ListAsync(cluster));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("insert into {1} values (1)", "files", "names files")]
    [InlineData("update {1} set id = 1", "files", "names files")]
    [InlineData("delete from {1}", "seen", "is a view")]
    [InlineData("insert into {1} select 1", "seen", "is a view")]
    public async Task Rows_OfNamedFilesAndViews_AreNotChanged(string change, string name, string words)
    {
        await using var cluster = await StartAsync();
        await UpdateAsync(cluster, "create table files from '{0}/facts/*.parquet'");
        await UpdateAsync(cluster, "create view seen as select id from files");

        var refused = await RefusedAsync(cluster, change.Replace("{1}", name, StringComparison.Ordinal));

        Assert.Equal(FlowErrorCode.Unsupported, refused.Code);
        Assert.Contains($"'{name}' {words}", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Insert_FromAViewOfItsOwnTarget_SeesTheRowsFromBefore()
    {
        await using var cluster = await StartAsync();
        await UpdateAsync(cluster, "create table numbers as select 1 as n union all select 2");
        await UpdateAsync(cluster, "create view doubled as select n * 2 as n from numbers");

        Assert.Equal(2, await cluster.Silo.Client.UpdateAsync("insert into numbers select * from doubled", Token));

        Assert.Equal(["n", "1", "2", "2", "4"], await QueryCluster.AskAsync(cluster.Silo.Client.Query("select n from numbers order by n")));
    }

    [Fact(Timeout = Watchdog)]
    public async Task View_ThatCannotBeReadAnyMore_IsNamed_AndDisturbsNobodyElse()
    {
        await using var cluster = await StartAsync();
        await UpdateAsync(cluster, "create table key from '{0}/dims.csv'");
        File.Delete(Path.Combine(Data, "dims.csv"));

        Assert.Equal(["n", "90"], await QueryCluster.AskAsync(cluster.Silo.Client.Query("select count(key) as n from dims")));
        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query("select * from key")));

        Assert.Contains("'key'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("dims.csv", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task NewFiles_OfAGlob_AreSeenByTheNextQuery()
    {
        await using var cluster = await StartAsync();
        await UpdateAsync(cluster, "create table files from '{0}/facts/*.parquet'");
        await cluster.AloneAsync($"copy (select * from facts limit 5) to '{Data}/facts/c.parquet'");

        Assert.Equal(["n", "60005"], await QueryCluster.AskAsync(cluster.Silo.Client.Query("select count(*) as n from files")));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<Dictionary<string, string>> ListAsync(QueryCluster cluster)
    {
        var listed = new Dictionary<string, string>();
        await foreach (var table in cluster.Silo.Client.ListTablesAsync(Token))
        {
            listed[table.Name] = table.Kind;
        }

        return listed;
    }

    private string Text(string sql) => sql.Replace("{0}", Data, StringComparison.Ordinal);

    private Task<FlowException> RefusedAsync(QueryCluster cluster, string sql) => Assert.ThrowsAsync<FlowException>(() => cluster.Silo.Client.UpdateAsync(Text(sql), Token));

    private Task<long> UpdateAsync(QueryCluster cluster, string sql) => cluster.Silo.Client.UpdateAsync(Text(sql), Token);

    private async Task<QueryCluster> StartAsync()
    {
        var cluster = await QueryCluster.StartAsync(dataFolder: Data);
        foreach (var folder in (string[])["facts", "hive", "text", "lines"])
        {
            Directory.CreateDirectory(Path.Combine(Data, folder));
        }

        await cluster.AloneAsync($"copy (select * from facts where id < 20000) to '{Data}/facts/a.parquet' (row_group_size 4096)");
        await cluster.AloneAsync($"copy (select * from facts where id >= 20000) to '{Data}/facts/b.parquet' (row_group_size 4096)");
        await cluster.AloneAsync($"copy (select *, id % 3 as part from facts) to '{Data}/hive' (format parquet, partition_by (part))");
        await cluster.AloneAsync($"copy (select * from dims where key < 40) to '{Data}/text/a.txt' (format csv, delim ';')");
        await cluster.AloneAsync($"copy (select * from dims where key >= 40) to '{Data}/text/b.txt' (format csv, delim ';')");
        await cluster.AloneAsync($"copy (select * from dims where key < 40) to '{Data}/lines/a.json'");
        await cluster.AloneAsync($"copy (select * from dims where key >= 40) to '{Data}/lines/b.json'");
        await cluster.AloneAsync($"copy dims to '{Data}/dims.csv'");
        return cluster;
    }
}
