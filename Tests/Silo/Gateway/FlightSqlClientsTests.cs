using System.Globalization;
using System.Text.Json.Nodes;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>The gateway, with a token needed, against Flight SQL clients that are not ours, from npm.</summary>
public sealed class FlightSqlClientsTests
{
    private const string Token = "interop-0123456789abcdef";

    [Fact(Timeout = 240_000)]
    public async Task Gateway_UsedByGizmoSqlLanceDbAndLakehouseClients_GivesThemTheirRows()
    {
        var token = TestContext.Current.CancellationToken;
        await NodeTool.RequireAsync(token);
        await using var silo = await RunningSilo.StartAsync(options => options.Token = Token);
        var sql = new FlightSqlClient(silo.Flight);
        await sql.UpdateAsync("create table js_rows as select range as id, 'row ' || range as name, range / 2.0 as half from range(4)", new RpcCallOptions(CancellationToken: token));

        var port = new Uri(silo.Host.Endpoints.GrpcUrl).Port.ToString(CultureInfo.InvariantCulture);
        var report = JsonNode.Parse(await NodeTool.RunAsync("sql-clients.mjs", [port, Token, "select id, name, half from js_rows where id > 0 order by id"], token))!.AsObject();

        const string rows = """[{"id":1,"name":"row 1","half":0.5},{"id":2,"name":"row 2","half":1},{"id":3,"name":"row 3","half":1.5}]""";
        Check($$"""{"rows":{{rows}},"catalogs":["flow","runs"],"types":["RUN OUTPUT","STREAM","SYSTEM TABLE","TABLE","VIEW"],"server":"OrleansFlow","readOnly":false,"refused":true}""", report["gizmosql"]);
        Check($$"""{"rows":{{rows}}}""", report["lancedb"]);
        Check(
            $$"""{"rows":{{rows}},"tables":[{"catalog_name":"flow","db_schema_name":"main","table_name":"js_rows","table_type":"TABLE"}]}""", report["lakehouse"]);
    }

    private static void Check(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}, got {actual?.ToJsonString()}");
}
