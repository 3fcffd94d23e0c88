using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Gateway.SystemTables;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Goal: the state of the cluster answers SQL like any table, and is read only when a statement names it.</summary>
public sealed class SystemTableTests(SiloFixture fixture) : FlightSqlTestBase(fixture), IClassFixture<SiloFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunsAndTasks_AreJoinedWithOtherTables()
    {
        var run = await Silo.Client.SubmitGraphAsync(
            """{"name":"system-sql","nodes":[{"id":"scan","role":"numbers","params":{"batches":2,"rows":3}}]}""", cancellationToken: Token);
        await Silo.Client.WaitForRunAsync(run, Token);
        await Silo.Client.UpdateAsync("create table roles_by_hand as select 'numbers' as role, 'counts' as what", Token);

        Assert.Equal(
            $"{run},system-sql,completed,scan,0,completed,1,2,counts",
            await RowsAsync(
                $"""
                select r.run_id, r.graph, r.status, t.node_id, t.task_index, t.status, t.attempt, t.batch_count, h.what
                from system.runs r join system.tasks t using (run_id) join roles_by_hand h using (role)
                where r.run_id = '{run}' and r.ended_at >= r.submitted_at
                """));
    }

    [Fact]
    public async Task Leases_AreThoseThatWorkersHold()
    {
        var run = await Silo.Client.SubmitGraphAsync("""{"name":"held","nodes":[{"id":"hold","role":"wait"}]}""", cancellationToken: Token);
        try
        {
            string leases;
            while ((leases = await RowsAsync($"select task_id, role, attempt, expires_at > granted_at from system.leases where task_id like '{run}/%'")).Length == 0)
            {
                await Task.Yield();
            }

            Assert.Equal($"{run}/hold/0,wait,1,True", leases);
            Assert.Equal("leased", await RowsAsync($"select status from system.tasks where run_id = '{run}'"));
            Assert.Equal("1", await RowsAsync($"select count(*) from system.leases l join system.workers w using (worker_id) where l.task_id like '{run}/%' and w.state = 'online'"));
        }
        finally
        {
            await Silo.Client.CancelRunAsync(run, "seen", cancellationToken: Token);
        }
    }

    [Theory]
    [InlineData("select count(*) > 0 from system.workers", "True")]
    [InlineData("select count(*) > 0 from SYSTEM.\"workers\"", "True")]
    [InlineData("select count(*) > 0 from flow.\"system\".workers where system.workers.slots > 0", "True")]
    [InlineData("select count(*) from system.queries", "0")]
    [InlineData("select count(*) from system.stages", "0")]
    [InlineData("with system as (select {'runs': 7} as runs) select system.runs.runs from system", "7")]
    [InlineData("select 'system.runs'", "system.runs")]
    [InlineData("select count(*) >= 0 from system.information_schema.tables", "True")]
    public async Task Names_AreFoundHoweverTheyAreWritten(string sql, string expected) => Assert.Equal(expected, await RowsAsync(sql));

    [Fact]
    public async Task WrongColumn_IsSaidInTheUsersWords()
    {
        var refused = await SqlProbe.RefusedAsync(RpcStatusCode.InvalidArgument, "engine_error", () => RowsAsync("select nothing_like_it from system.runs"));

        Assert.Contains("LINE 1: select nothing_like_it from system.runs", refused.Status.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(SystemNames.EngineSchema, refused.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_HasTheTablesWithTheirColumns()
    {
        var tables = await RowsAsync(await Sql.GetInfoAsync(new CommandGetTables { Catalog = "flow", DbSchemaFilterPattern = "system" }, Call));

        Assert.Equal("leases;queries;runs;stages;tasks;workers", string.Join(';', tables.Split(';').Select(row => row.Split(',')[2])));
        Assert.All(tables.Split(';'), row => Assert.EndsWith(",SYSTEM TABLE", row, StringComparison.Ordinal));
        foreach (var table in SystemTable.All)
        {
            Assert.Equal(table.Schema.ToString(), (await Sql.QueryAsync($"select * from system.{table.Name}", Call)).Schema!.ToString());
        }

        Assert.Contains("flow,system", await RowsAsync(await Sql.GetInfoAsync(new CommandGetDbSchemas(), Call)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_OfASystemTable_IsRefused() =>
        await SqlProbe.RefusedAsync(RpcStatusCode.Unimplemented, "unsupported", () => new SqlProbe(Silo.Flight).UpdateAsync("delete from system.runs"));

    [Theory]
    [InlineData("select * from system.runs", "select * from fl_sys.runs")]
    [InlineData("select \"system\".runs.x, a.system.runs from flow.System.Tasks", "select \"fl_sys\".runs.x, a.system.runs from flow.fl_sys.Tasks")]
    [InlineData("select * from system.main.x, system.other -- system.runs", "select * from system.main.x, system.other -- system.runs")]
    [InlineData("select system.runs from t as system", "select system.runs from t as system")]
    public void Names_KeepTheirPlaces(string sql, string expected) => Assert.Equal(expected, SystemNames.ToEngine(sql));

    [Fact]
    public void Columns_AreDocumented()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs", "sql.md"));

        Assert.All(SystemTable.All, table => Assert.Contains(
            $"| `system.{table.Name}` | {string.Join(", ", table.Schema.Fields.Select(field => $"`{field.Name}`"))} |", page, StringComparison.Ordinal));
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "OrleansFlow.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The repository was not found.");
        }

        return folder;
    }
}
