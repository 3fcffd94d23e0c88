using System.Text.Json.Nodes;

namespace OrleansFlow.Tests.Flight;

/// <summary>Our server against a client that is not ours: npm <c>@grpc/grpc-js</c> and <c>apache-arrow</c>.</summary>
public sealed class FlightJsTests
{
    [Fact(Timeout = 180_000)]
    public async Task Server_UsedByGrpcJsAndApacheArrow_GivesAndTakesTheSameRows()
    {
        var token = TestContext.Current.CancellationToken;
        await NodeTool.RequireAsync(token);
        await using var host = await FlightHost.StartAsync();

        var report = JsonNode.Parse(await NodeTool.RunAsync("flight-client.mjs", [host.Port], token))!.AsObject();

        var expected = JsonNode.Parse(
            """
            {
              "list": { "code": 0, "flights": ["numbers/1=1000", "numbers/3=3000"] },
              "info": { "records": 3000, "endpoints": 1, "fields": ["id:Int64", "name:Utf8?", "value:Float64?"] },
              "schema": ["id:Int64", "name:Utf8?", "value:Float64?"],
              "get": {
                "code": 0, "rows": 3000, "batches": 3, "fields": ["id:Int64", "name:Utf8?", "value:Float64?"],
                "first": { "id": 0, "name": null, "value": 0 }, "last": { "id": 2999, "name": "n2999", "value": 1499.5 }
              },
              "missing": 5,
              "badTicket": 3,
              "badDescriptor": 3,
              "poll": { "progress": 1, "records": 3000, "next": null },
              "put": { "code": 0, "results": ["4"] },
              "putBack": {
                "rows": 4, "batches": 1, "fields": ["id:Int64", "name:Utf8?"],
                "first": { "id": 1, "name": "a" }, "last": { "id": 4, "name": "" }
              },
              "action": { "code": 0, "results": ["hi", "again"] },
              "unknownAction": 3,
              "actions": ["echo: Gives the body back, twice"],
              "exchange": { "code": 0, "rows": 4 },
              "cancel": 1
            }
            """)!.AsObject();
        foreach (var (check, value) in expected)
        {
            Assert.True(JsonNode.DeepEquals(value, report[check]), $"{check}: expected {value?.ToJsonString()}, got {report[check]?.ToJsonString()}");
        }

        Assert.Equal(expected.Count, report.Count);
        await host.Producer.EndlessEnded.WaitAsync(token);
        await host.StopAndCountAsync();
    }
}
