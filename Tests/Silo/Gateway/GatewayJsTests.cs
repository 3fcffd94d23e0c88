using System.Globalization;
using System.Text.Json.Nodes;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>The gateway against npm <c>@grpc/grpc-js</c> and <c>apache-arrow</c>: compression and dictionaries on request, exchanges, live streams.</summary>
public sealed class GatewayJsTests(SiloFixture fixture)
{
    [Fact(Timeout = 240_000)]
    public async Task Gateway_UsedByGrpcJsAndApacheArrow_GivesBatchesInTheFormAskedForAndExchanges()
    {
        var token = TestContext.Current.CancellationToken;
        await NodeTool.RequireAsync(token);
        await foreach (var _ in fixture.Silo.Flight.DoPutAsync(
            FlightDescriptor.ForPath("uploads", "js-form"), WordRows.Schema, WordRows.BatchesAsync(3, 1_000), new RpcCallOptions(CancellationToken: token)))
        {
            // One receipt.
        }

        var port = new Uri(fixture.Silo.Host.Endpoints.GrpcUrl).Port.ToString(CultureInfo.InvariantCulture);
        var report = JsonNode.Parse(await NodeTool.RunAsync("gateway-client.mjs", [port, "js-form"], token))!.AsObject();

        const string rows = """ "rows":3000,"first":{"word":"w0","n":0},"last":{"word":"w9","n":2999} """;
        foreach (var compression in (string[])["none", "lz4", "zstd"])
        {
            var compressed = compression == "none" ? "false" : "true";
            Check($"{compression}/keep", $$"""{"code":0,"compressed":{{compressed}},"dictionaryMessages":1,"type":"Dictionary<Int32, Utf8>",{{rows}}}""");
            Check($"{compression}/decode", $$"""{"code":0,"compressed":{{compressed}},"dictionaryMessages":0,"type":"Utf8",{{rows}}}""");
        }

        Check("unknownCompression", """{"code":3,"names":true}""");
        Check("exchange", """{"code":0,"rows":[{"a":9,"b":1.375}]}""");
        Check("exchangeCompressed", """{"code":0,"rows":[{"a":4}]}""");
        Check("exchangeWithoutBatches", """{"code":0,"rows":[{"seven":7}]}""");
        Check("exchangeOfNoTable", """{"code":3}""");

        Check("append", """[{"code":0,"receipts":[{"offset":0,"next":4}]},{"code":0,"receipts":[{"offset":4,"next":8}]}]""");
        Check("range", """{"bounds":{"oldest":0,"next":8},"records":6,"code":0,"a":[3,4,1,2,3,4]}""");
        Check("follow", """{"offset":8,"rows":4}""");

        void Check(string name, string expected) => Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(expected), report[name]), $"{name}: expected {expected}, got {report[name]?.ToJsonString()}");
    }
}
