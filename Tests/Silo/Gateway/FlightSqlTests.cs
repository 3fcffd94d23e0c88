using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;
using IfExists = OrleansFlow.Flight.Sql.Protos.CommandStatementIngest.Types.TableDefinitionOptions.Types.TableExistsOption;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Flight SQL at the gateway: statements, prepared statements, updates, uploads, metadata.</summary>
public sealed class FlightSqlTests(SiloFixture fixture) : FlightSqlTestBase(fixture)
{
    [Fact]
    public async Task Query_WithoutTables_GivesSchemaAndRows()
    {
        var info = await Sql.QueryAsync("select 42 as answer, 'x' as letter", Call);

        Assert.Equal("answer: int32, letter: utf8", info.Schema!.ToString());
        Assert.NotNull(Assert.Single(info.Endpoints).ExpiresAtUtc);
        Assert.Equal("42,x", await RowsAsync(info));
        Assert.Equal(info.Schema, await Silo.Flight.GetSchemaAsync(FlightSqlCommand.Describe(new CommandStatementQuery { Query = "select 42 as answer, 'x' as letter" }), Call));
    }

    [Fact]
    public async Task Query_OfARunsOutput_ReadsItByItsThreePartName()
    {
        var run = await Silo.Client.SubmitGraphAsync(
            """{"name":"sql","nodes":[{"id":"scan","role":"numbers","params":{"batches":2,"rows":3}}]}""", cancellationToken: TestContext.Current.CancellationToken);
        await Silo.Client.WaitForRunAsync(run, TestContext.Current.CancellationToken);

        Assert.Equal("6", await RowsAsync($"select count(*) from runs.\"{run}\".scan"));
        Assert.Contains("has no node 'other'", (await RefusedAsync($"select * from runs.\"{run}\".other", RpcStatusCode.NotFound)).Status.Message, StringComparison.Ordinal);
        var tables = await RowsAsync(await Sql.GetInfoAsync(new CommandGetTables { Catalog = "runs", DbSchemaFilterPattern = run.Value }, Call));
        Assert.Equal($"runs,{run},scan,RUN OUTPUT", tables);
    }

    [Fact]
    public async Task Ingest_CreatesAppendsAndReplaces()
    {
        Assert.Equal(3, await IngestAsync("ingested", IfExists.Fail, (0, 3)));
        Assert.Equal(RpcStatusCode.AlreadyExists, (await Assert.ThrowsAsync<RpcException>(() => IngestAsync("ingested", IfExists.Fail, (0, 1)))).Status.Code);
        Assert.Equal(5, await IngestAsync("Ingested", IfExists.Append, (10, 2), (20, 3)));
        Assert.Equal("8,87,0,22", await RowsAsync("select count(*), sum(n)::bigint, min(n), max(n) from INGESTED"));
        Assert.Equal(1, await IngestAsync("ingested", IfExists.Replace, (7, 1)));
        Assert.Equal("7", await RowsAsync("select n from flow.main.ingested"));
        Assert.Equal("flow,main,ingested,TABLE", await RowsAsync(await Sql.GetInfoAsync(new CommandGetTables { TableNameFilterPattern = "inge%", TableTypes = { "TABLE" } }, Call)));
    }

    [Fact]
    public async Task Ingest_OtherColumns_IsRefusedAndNothingIsLeft()
    {
        await IngestAsync("columns", IfExists.Fail, (0, 1));
        var files = Files("columns");
        var other = new ArrowSchema(new ArrowField("text", ArrowType.Utf8));
        using var builder = new RecordBatchBuilder(other);
        builder.AppendRow("x");

        var failure = await Assert.ThrowsAsync<RpcException>(() => Sql.IngestAsync("columns", other, OneAsync(builder.Build()), IfExists.Append, Call));

        Assert.Equal(RpcStatusCode.InvalidArgument, failure.Status.Code);
        Assert.Equal(files, Files("columns"));
    }

    [Fact]
    public async Task Ingest_BrokenOff_LeavesNothing()
    {
        var command = FlightSqlCommand.Describe(new CommandStatementIngest { Table = "broken" });
        await using (var writer = await Silo.Flight.DoPutAsync(command, NumbersHandler.Schema, Call))
        {
            using var batch = NumbersHandler.Batch(0, 10);
            await writer.WriteAsync(batch, cancellationToken: TestContext.Current.CancellationToken);
        }

        await RefusedAsync("select * from broken", RpcStatusCode.InvalidArgument);
        Assert.Equal(1, await IngestAsync("broken", IfExists.Fail, (0, 1)));
        Assert.Equal(2, Files("broken").Count(file => !file.EndsWith(".part", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Update_Statements_ChangeRegisteredTables()
    {
        Assert.Equal(3, await Sql.UpdateAsync("create table changed as select range as a, 'n' || range as b from range(3)", Call));
        Assert.Equal(2, await Sql.UpdateAsync("insert into changed values (10, 'ten'), (11, null)", Call));
        Assert.Equal(5, await Sql.UpdateAsync("insert into changed select a + 100, b from changed", Call));
        Assert.Equal(2, await Sql.UpdateAsync("update changed set b = 'big' where a > 109", Call));
        Assert.Equal(3, await Sql.UpdateAsync("delete from changed where a between 100 and 102", Call));

        Assert.Equal("0,n0;1,n1;2,n2;10,ten;11,;110,big;111,big", await RowsAsync("select a, b from changed order by a"));
        Assert.Equal(0, await Sql.UpdateAsync("drop table changed", Call));
        await RefusedAsync("select * from changed", RpcStatusCode.InvalidArgument);
    }

    [Theory]
    [InlineData("create macro m() as 1")]
    [InlineData("attach 'x.db'")]
    [InlineData("set threads = 4")]
    [InlineData("truncate kept")]
    public async Task Update_OtherStatements_AreUnsupported(string sql) =>
        Assert.Equal(RpcStatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => Sql.UpdateAsync(sql, Call))).Status.Code);

    [Theory]
    [InlineData("selec 1", RpcStatusCode.InvalidArgument)]
    [InlineData("select 1; select 2", RpcStatusCode.InvalidArgument)]
    [InlineData("", RpcStatusCode.InvalidArgument)]
    [InlineData("select * from no_such_table", RpcStatusCode.InvalidArgument)]
    [InlineData("drop table t", RpcStatusCode.InvalidArgument)]
    [InlineData("select * from read_text('/etc/hostname')", RpcStatusCode.InvalidArgument)]
    [InlineData("set threads = 4", RpcStatusCode.InvalidArgument)]
    public Task Query_ThatCannotRun_IsRefused(string sql, RpcStatusCode code) => RefusedAsync(sql, code);

    [Fact]
    public async Task PreparedStatement_WithParameters_RunsForEachBinding()
    {
        await using var statement = await Sql.PrepareAsync("select range as n from range(10) where range > $1 and range < $2 order by n", Call);
        Assert.Equal("n: int64", statement.ResultSchema!.ToString());
        Assert.Equal(2, statement.ParameterSchema!.Fields.Count);

        using var first = Values(3L, 6L);
        await statement.BindAsync(first, Call);
        Assert.Equal("4;5", await RowsAsync(await statement.QueryAsync(Call)));
        using var second = Values(7L, 9L);
        await statement.BindAsync(second, Call);
        var info = await statement.QueryAsync(Call);
        Assert.Equal("8", await RowsAsync(info));

        // A ticket holds its values; what the statement is bound to later is another's.
        await statement.BindAsync(first, Call);
        Assert.Equal("8", await RowsAsync(info));
    }

    [Fact]
    public async Task PreparedStatement_AsUpdate_RunsForEachRow()
    {
        await Sql.UpdateAsync("create table prepared_target (a bigint, b varchar)", Call);
        await using var statement = await Sql.PrepareAsync("insert into prepared_target values (?, ?)", Call);
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("1", ArrowType.Int64), new ArrowField("2", ArrowType.Utf8)));
        builder.AppendRow(1L, "one").AppendRow(2L, null);
        using var rows = builder.Build();

        Assert.Equal(2, await statement.UpdateAsync(rows, Call));

        Assert.Equal("1,one;2,", await RowsAsync("select * from prepared_target order by a"));
    }

    [Fact]
    public async Task PreparedStatement_Closed_IsNotFound()
    {
        var statement = await Sql.PrepareAsync("select 1", Call);
        await statement.DisposeAsync();
        await statement.DisposeAsync();

        Assert.Equal(RpcStatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => statement.QueryAsync(Call))).Status.Code);
    }

    [Fact]
    public async Task Transactions_AreRefused()
    {
        foreach (var action in new[] { FlightSqlActions.BeginTransaction, FlightSqlActions.EndTransaction, FlightSqlActions.BeginSavepoint, FlightSqlActions.EndSavepoint })
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => ActAsync(action));
            Assert.Equal(RpcStatusCode.Unimplemented, failure.Status.Code);
            Assert.Contains("no transactions", failure.Status.Message, StringComparison.Ordinal);
        }

        var inOne = new CommandStatementQuery { Query = "select 1", TransactionId = ByteString.CopyFromUtf8("t") };
        Assert.Equal(RpcStatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => Sql.GetInfoAsync(inOne, Call))).Status.Code);
    }

    [Fact]
    public async Task Metadata_Commands_AnswerWithTheProtocolsColumns()
    {
        await IngestAsync("described", IfExists.Replace, (0, 1));
        Assert.Equal("flow;runs", await RowsAsync(await Sql.GetInfoAsync(new CommandGetCatalogs(), Call)));
        Assert.Equal("flow,main;flow,streams;flow,system", await RowsAsync(await Sql.GetInfoAsync(new CommandGetDbSchemas { Catalog = "flow" }, Call)));
        Assert.Equal("RUN OUTPUT;STREAM;SYSTEM TABLE;TABLE;VIEW", await RowsAsync(await Sql.GetInfoAsync(new CommandGetTableTypes(), Call)));
        Assert.Equal("", await RowsAsync(await Sql.GetInfoAsync(new CommandGetPrimaryKeys { Table = "described" }, Call)));
        Assert.Equal("", await RowsAsync(await Sql.GetInfoAsync(new CommandGetImportedKeys { Table = "described" }, Call)));
        Assert.Equal("", await RowsAsync(await Sql.GetInfoAsync(new CommandGetExportedKeys { Table = "described" }, Call)));
        Assert.Equal("", await RowsAsync(await Sql.GetInfoAsync(new CommandGetCrossReference { PkTable = "described", FkTable = "described" }, Call)));
        Assert.Equal("0,OrleansFlow;8,0", await RowsAsync(await Sql.GetInfoAsync(new CommandGetSqlInfo { Info = { 0, 8, 99_999 } }, Call)));
        Assert.StartsWith("BIGINT,-5,19,", await RowsAsync(await Sql.GetInfoAsync(new CommandGetXdbcTypeInfo { DataType = -5 }, Call)), StringComparison.Ordinal);

        var info = await Sql.GetInfoAsync(new CommandGetTables { TableNameFilterPattern = "described", IncludeSchema = true }, Call);
        Assert.Equal(FlightSqlSchemas.TablesWithSchema, info.Schema);
        await foreach (var batch in Silo.Flight.DoGet(info.Endpoints[0].Ticket, Call))
        {
            using (batch)
            {
                Assert.Equal(NumbersHandler.Schema, FlightWire.ReadSchema((byte[])batch.Column("table_schema").GetValue(0)!));
            }
        }
    }

    private Task<long> IngestAsync(string table, IfExists ifExists, params (int First, int Count)[] batches) =>
        Sql.IngestAsync(table, NumbersHandler.Schema, BatchesAsync(batches), ifExists, Call);

    private static async IAsyncEnumerable<RecordBatch> BatchesAsync((int First, int Count)[] batches)
    {
        await Task.CompletedTask;
        foreach (var (first, count) in batches)
        {
            yield return NumbersHandler.Batch(first, count);
        }
    }

    private static async IAsyncEnumerable<RecordBatch> OneAsync(RecordBatch batch)
    {
        await Task.CompletedTask;
        yield return batch;
    }

    private static RecordBatch Values(params long[] values)
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema([.. values.Select((_, index) => new ArrowField($"{index + 1}", ArrowType.Int64))]));
        builder.AppendRow([.. values.Cast<object?>()]);
        return builder.Build();
    }

    private async Task<RpcException> RefusedAsync(string sql, RpcStatusCode code)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await RowsAsync(sql));
        Assert.Equal(code, failure.Status.Code);
        return failure;
    }

    private async Task ActAsync(string action)
    {
        await foreach (var _ in Silo.Flight.DoActionAsync(new FlightAction(action), Call))
        {
            Assert.Fail("Nothing was begun.");
        }
    }

    private List<string> Files(string table)
    {
        var folder = Path.Combine(Silo.DataFolder, "artifacts", "_tables", table);
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)] : [];
    }
}
