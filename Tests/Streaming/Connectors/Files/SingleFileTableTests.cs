using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Streaming.Sql;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Connectors.Files;

public sealed class SingleFileTableTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("file-table-").FullName;
    private EngineInstance? _engine;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await EngineInstance.OpenAsync(null, Token);

    public async ValueTask DisposeAsync()
    {
        await _engine!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FileOfJson_IsATable_WithTypesAndAWatermark()
    {
        var path = Path.Combine(_folder, "rides.json");
        await File.WriteAllTextAsync(
            path,
            """
            {"timestamp": "2023-09-18T14:23:10Z", "driver": {"id": 155, "tags": ["a"]}, "fare": 1.25}
            {"timestamp": "2023-09-18T14:23:40Z", "driver": {"id": 155}, "fare": "2.50"}
            {"timestamp": "2023-09-18T14:24:01Z", "driver": {"id": 7, "tags": ["b", "c"]}}
            """,
            Token);

        var rows = await RunAsync(
            $"""
            CREATE TABLE rides (timestamp TIMESTAMP NOT NULL, driver STRUCT(id BIGINT, tags TEXT[]), fare DECIMAL(9, 2), WATERMARK FOR timestamp) WITH (connector = 'single_file', type = 'source', path = '{path}');
            SELECT driver.id, sum(fare)::DOUBLE, sum(len(driver.tags))::BIGINT FROM rides GROUP BY tumble(INTERVAL '1 minute'), driver.id;
            """);

        Assert.Equal(["155|3.75|1", "7|NULL|2"], rows.Select(row => row.Replace("null", "NULL", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("path = '/x.json', pth = 'x'", "connector single_file has no option pth; it has: avro.header, avro.schema,")]
    [InlineData("path = '/x.json', bad_data = 'skip'", "the option bad_data is 'skip'; it is one of: fail, drop")]
    [InlineData("path = '/x.json', format = 'xml'", "the option format is 'xml'; it is one of: json, debezium_json, csv,")]
    [InlineData("path = '/x.json', framing.max_length = '0'", "the option framing.max_length is '0'; it is a whole number of at least 1 and at most 1073741824")]
    [InlineData("path = '/x.json', csv.delimiter = ';;'", "the option csv.delimiter is ';;'; it is one character of ASCII, and no quote or line end")]
    [InlineData("path = '/x.csv', json.unstructured = 'true'", "the option json.unstructured belongs to the format json")]
    [InlineData("path = '/x.json', type = 'sink'", "attempted to read from table 't', but it is a sink")]
    [InlineData("format = 'json'", "needs the option path, for example path = '/data/in.json'")]
    public async Task WrongOption_IsToldWhenTheTextIsPlanned(string options, string problem)
    {
        var failure = await Assert.ThrowsAsync<FlowException>(() => RunAsync($"CREATE TABLE t (ts TIMESTAMP NOT NULL, WATERMARK FOR ts) WITH (connector = 'single_file', {options}); SELECT * FROM t;"));

        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    private Task<List<string>> RunAsync(string text) => StreamJobRun.RunAsync(text, new WindowEvents(0, 0), _engine!, parallelism: 2, Token);
}
