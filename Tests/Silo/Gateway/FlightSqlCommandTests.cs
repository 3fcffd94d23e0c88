using System.Reflection;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>One test for each command and action of Flight SQL, named after it; and one that says so.</summary>
public sealed class FlightSqlCommandTests(SiloFixture fixture)
{
    private SqlProbe Probe => new(fixture.Silo.Flight);

    [Fact]
    public void EveryMethodCommandAndAction_HasATestOfItsName()
    {
        string[] methods = ["Handshake", "ListFlights", "GetFlightInfo", "PollFlightInfo", "GetSchema", "DoGet", "DoPut", "DoExchange", "DoAction", "ListActions"];
        var messages = FlightSqlReflection.Descriptor.MessageTypes.Select(type => type.Name);
        var commands = messages.Where(name => name.StartsWith("Command", StringComparison.Ordinal));
        var actions = typeof(FlightSqlActions).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!);
        var tests = typeof(FlightSqlCommandTests).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(FlightSqlCommandTests).Namespace)
            .SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttributes<FactAttribute>().Any())
            .Select(method => method.Name)
            .ToList();

        Assert.All(methods.Concat(commands).Concat(actions), name => Assert.Contains(tests, test => test.StartsWith(name + "_", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task CommandStatementQuery_GetInfoAndDoGet_GiveItsRows() => Assert.Equal("1,x", await Probe.RowsAsync(new CommandStatementQuery { Query = "select 1, 'x'" }));

    [Fact]
    public async Task CommandStatementUpdate_DoPut_SaysHowManyRowsChanged() => Assert.Equal(3, await Probe.UpdateAsync("create table command_update as select range from range(3)"));

    [Fact]
    public async Task CommandStatementIngest_DoPut_MakesATable()
    {
        Assert.Equal(4, await Probe.Sql.IngestAsync("command_ingest", NumbersHandler.Schema, OneAsync(NumbersHandler.Batch(0, 4)), CommandStatementIngest.Types.TableDefinitionOptions.Types.TableExistsOption.Fail, SqlProbe.Call));
        Assert.Equal("0;1;2;3", await Probe.RowsAsync("select n from command_ingest"));
    }

    [Fact]
    public async Task CommandStatementSubstraitPlan_IsRefusedAsUnsupported() => await UnsupportedAsync(
        () => Probe.Sql.GetInfoAsync(new CommandStatementSubstraitPlan { Plan = new SubstraitPlan { Plan = ByteString.CopyFromUtf8("plan") } }, SqlProbe.Call));

    [Fact]
    public async Task CommandPreparedStatementQuery_BoundByDoPut_GivesTheRowsOfItsValues()
    {
        await using var statement = await Probe.Sql.PrepareAsync("select $1 + 1", SqlProbe.Call);
        using var values = Value(41L);
        await statement.BindAsync(values, SqlProbe.Call);

        Assert.Equal("42", await Probe.RowsAsync(await statement.QueryAsync(SqlProbe.Call)));
    }

    [Fact]
    public async Task CommandPreparedStatementUpdate_DoPut_RunsForItsRow()
    {
        await Probe.UpdateAsync("create table command_prepared (n bigint)");
        await using var statement = await Probe.Sql.PrepareAsync("insert into command_prepared values (?)", SqlProbe.Call);
        using var values = Value(5L);

        Assert.Equal(1, await statement.UpdateAsync(values, SqlProbe.Call));
        Assert.Equal("5", await Probe.RowsAsync("select n from command_prepared"));
    }

    [Fact]
    public async Task CommandGetCatalogs_NamesThem() => Assert.Equal("flow;runs", await Probe.RowsAsync(new CommandGetCatalogs()));

    [Fact]
    public async Task CommandGetDbSchemas_OfACatalogAndAPattern_NamesThem()
    {
        Assert.Contains("flow,main", (await Probe.RowsAsync(new CommandGetDbSchemas { Catalog = "flow" })).Split(';'));
        Assert.Equal("flow,main", await Probe.RowsAsync(new CommandGetDbSchemas { Catalog = "flow", DbSchemaFilterPattern = "m%" }));
        Assert.Equal("", await Probe.RowsAsync(new CommandGetDbSchemas { DbSchemaFilterPattern = "no-such-schema" }));
    }

    [Fact]
    public async Task CommandGetTables_WithFilters_NamesTablesAndTheirColumns()
    {
        await Probe.UpdateAsync("create table command_tables as select 1 as one");
        Assert.Equal("flow,main,command_tables,TABLE", await Probe.RowsAsync(new CommandGetTables { TableNameFilterPattern = "command_table_", TableTypes = { "TABLE" } }));
        Assert.Equal("", await Probe.RowsAsync(new CommandGetTables { TableNameFilterPattern = "command_tables", TableTypes = { "VIEW" } }));

        var info = await Probe.Sql.GetInfoAsync(new CommandGetTables { TableNameFilterPattern = "command_tables", IncludeSchema = true }, SqlProbe.Call);
        await foreach (var batch in Probe.Flight.DoGet(info.Endpoints[0].Ticket, SqlProbe.Call))
        {
            using (batch)
            {
                Assert.Equal("one: int32", FlightWire.ReadSchema((byte[])batch.Column("table_schema").GetValue(0)!).ToString());
            }
        }
    }

    [Fact]
    public async Task CommandGetTableTypes_NamesThem() => Assert.Contains("TABLE", (await Probe.RowsAsync(new CommandGetTableTypes())).Split(';'));

    [Fact]
    public async Task CommandGetSqlInfo_OfSomeNumbers_GivesThoseThatAreKnown()
    {
        Assert.Equal("0,OrleansFlow;3,False;8,0", await Probe.RowsAsync(new CommandGetSqlInfo { Info = { 0, 3, 8, 99_999 } }));
        Assert.Equal(20, (await Probe.RowsAsync(new CommandGetSqlInfo())).Split(';').Length);
    }

    [Fact]
    public async Task CommandGetXdbcTypeInfo_OfOneAndOfAll_GivesTypes()
    {
        Assert.StartsWith("BIGINT,-5,19,", await Probe.RowsAsync(new CommandGetXdbcTypeInfo { DataType = -5 }), StringComparison.Ordinal);
        Assert.Contains("VARCHAR,12,", await Probe.RowsAsync(new CommandGetXdbcTypeInfo()), StringComparison.Ordinal);
    }

    [Fact]
    public Task CommandGetPrimaryKeys_IsEmptyAsThereAreNone() => EmptyAsync(new CommandGetPrimaryKeys { Table = "t" }, FlightSqlSchemas.PrimaryKeys);

    [Fact]
    public Task CommandGetExportedKeys_IsEmptyAsThereAreNone() => EmptyAsync(new CommandGetExportedKeys { Table = "t" }, FlightSqlSchemas.ForeignKeys);

    [Fact]
    public Task CommandGetImportedKeys_IsEmptyAsThereAreNone() => EmptyAsync(new CommandGetImportedKeys { Table = "t" }, FlightSqlSchemas.ForeignKeys);

    [Fact]
    public Task CommandGetCrossReference_IsEmptyAsThereAreNone() => EmptyAsync(new CommandGetCrossReference { PkTable = "t", FkTable = "t" }, FlightSqlSchemas.ForeignKeys);

    [Fact]
    public async Task CreatePreparedStatement_SaysColumnsAndParameters()
    {
        await using var statement = await Probe.Sql.PrepareAsync("select range as n from range(10) where range > $1", SqlProbe.Call);

        Assert.Equal(("n: int64", 1), (statement.ResultSchema!.ToString(), statement.ParameterSchema!.Fields.Count));
    }

    [Fact]
    public async Task ClosePreparedStatement_ThenUsingIt_IsNotFound()
    {
        var statement = await Probe.Sql.PrepareAsync("select 1", SqlProbe.Call);
        await statement.DisposeAsync();

        await SqlProbe.RefusedAsync(RpcStatusCode.NotFound, "not_found", () => statement.QueryAsync(SqlProbe.Call));
    }

    [Fact]
    public async Task CancelFlightInfo_RefusesTheTicketFromThenOn()
    {
        var info = await Probe.Sql.QueryAsync("select 1", SqlProbe.Call);

        Assert.Equal(FlightCancelStatus.Cancelled, await Probe.Flight.CancelFlightInfoAsync(info, SqlProbe.Call));
        await SqlProbe.RefusedAsync(RpcStatusCode.Cancelled, "cancelled", () => Probe.RowsAsync(info));
    }

    [Fact]
    public async Task RenewFlightEndpoint_OfAnUpload_GivesATicketThatIsGoodAsWell()
    {
        var descriptor = FlightDescriptor.ForPath("uploads", "renewed");
        await foreach (var _ in Probe.Flight.DoPutAsync(descriptor, NumbersHandler.Schema, OneAsync(NumbersHandler.Batch(3, 1)), SqlProbe.Call))
        {
            // One receipt.
        }

        var info = await Probe.Flight.GetFlightInfoAsync(descriptor, SqlProbe.Call);
        var renewed = await Probe.Flight.RenewFlightEndpointAsync(info.Endpoints[0], SqlProbe.Call);

        Assert.True(renewed.ExpiresAtUtc >= info.Endpoints[0].ExpiresAtUtc);
        Assert.Equal("3", await Probe.RowsAsync(renewed.Ticket));
    }

    [Fact]
    public Task BeginTransaction_IsRefusedAsThereAreNone() => UnsupportedAsync(() => ActAsync(FlightSqlActions.BeginTransaction));

    [Fact]
    public Task EndTransaction_IsRefusedAsThereAreNone() => UnsupportedAsync(() => ActAsync(FlightSqlActions.EndTransaction));

    [Fact]
    public Task BeginSavepoint_IsRefusedAsThereAreNone() => UnsupportedAsync(() => ActAsync(FlightSqlActions.BeginSavepoint));

    [Fact]
    public Task EndSavepoint_IsRefusedAsThereAreNone() => UnsupportedAsync(() => ActAsync(FlightSqlActions.EndSavepoint));

    [Fact]
    public Task CreatePreparedSubstraitPlan_IsRefusedAsUnsupported() => UnsupportedAsync(() => ActAsync(FlightSqlActions.CreatePreparedSubstraitPlan));

    [Fact]
    public Task CancelQuery_IsRefusedNamingWhatReplacedIt() => UnsupportedAsync(() => ActAsync(FlightSqlActions.CancelQuery), FlightSqlActions.CancelFlightInfo);

    private static async IAsyncEnumerable<RecordBatch> OneAsync(RecordBatch batch)
    {
        await Task.CompletedTask;
        yield return batch;
    }

    private static RecordBatch Value(long value)
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("1", ArrowType.Int64)));
        builder.AppendRow(value);
        return builder.Build();
    }

    private static async Task UnsupportedAsync(Func<Task> stepAsync, string named = "") =>
        Assert.Contains(named, (await SqlProbe.RefusedAsync(RpcStatusCode.Unimplemented, "unsupported", stepAsync)).Status.Message, StringComparison.Ordinal);

    private async Task EmptyAsync(IMessage command, ArrowSchema columns)
    {
        var info = await Probe.Sql.GetInfoAsync(command, SqlProbe.Call);
        Assert.Equal(columns, info.Schema);
        Assert.Equal("", await Probe.RowsAsync(info));
    }

    private async Task ActAsync(string action)
    {
        await foreach (var _ in Probe.Flight.DoActionAsync(new FlightAction(action), SqlProbe.Call))
        {
            Assert.Fail("Nothing was begun.");
        }
    }
}
