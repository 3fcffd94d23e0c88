using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Streams;

/// <summary>Live streams through Flight: DoPut appends, DoGet tails, SQL and the catalog see them.</summary>
public sealed class StreamGatewayTests(SiloFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DoPut_ToAStream_MakesItAndAppendsWithReceipts()
    {
        var probe = new SqlProbe(fixture.Silo.Flight);
        Assert.Equal("""{"offset":0,"next":10};{"offset":10,"next":15}""", await PutAsync(fixture.Silo, "made", (0, 10), (10, 5)));
        Assert.Equal("""{"offset":15,"next":16}""", await PutAsync(fixture.Silo, "MADE", (15, 1)));

        Assert.Equal("16,120", await probe.RowsAsync("select count(*), sum(n)::bigint from streams.made"));
        Assert.Equal("15", await probe.RowsAsync("select max(Made.n) from flow.streams.\"Made\" as made"));
        Assert.Equal("flow,streams,made,STREAM", await probe.RowsAsync(new CommandGetTables { DbSchemaFilterPattern = "streams", TableNameFilterPattern = "made" }));
        Assert.Contains("streams/made", await ListAsync("streams"));
        Assert.Contains("streams/made", await ListAsync(""));
        var bounds = (await Flight(fixture.Silo).GetFlightInfoAsync(Path("made"), SqlProbe.Call)).AppMetadata;
        Assert.Equal("""{"oldest":0,"next":16}""", Encoding.UTF8.GetString(bounds.Span));
    }

    [Theory]
    [InlineData("0-9,10-14,15-29", "earliest", "latest")]
    [InlineData("12-14,15-19", "12", "20")]
    [InlineData("", "latest", "latest")]
    public async Task DoGet_OfARange_GivesItsRowsAndEnds(string expected, params string[] range)
    {
        var name = $"range-{expected.Length}";
        await PutAsync(fixture.Silo, name, (0, 10), (10, 5), (15, 15));
        var info = await Flight(fixture.Silo).GetFlightInfoAsync(Path([name, .. range]), SqlProbe.Call);

        var parts = new List<string>();
        await foreach (var element in Flight(fixture.Silo).DoGet(info.Endpoints[0].Ticket, SqlProbe.Call).ReadAllAsync(Token))
        {
            using var batch = element.Batch!;
            var offset = JsonDocument.Parse(element.AppMetadata).RootElement.GetProperty("offset").GetInt64();
            Assert.Equal(offset, batch.Column<Int64Array>("n").Values[0]);
            parts.Add($"{offset}-{offset + batch.RowCount - 1}");
        }

        Assert.Equal((expected, NumbersHandler.Schema), (string.Join(',', parts), info.Schema));
        Assert.Equal(info.TotalRecords, parts.Sum(part => part.Split('-').Select(long.Parse).ToArray() is var ends ? ends[1] - ends[0] + 1 : 0));
    }

    [Fact]
    public async Task DoGet_WithoutAnEnd_GoesOnWithWhatComes()
    {
        await PutAsync(fixture.Silo, "tail", (0, 2));
        var info = await Flight(fixture.Silo).GetFlightInfoAsync(Path("tail", "1"), SqlProbe.Call);
        Assert.Equal(-1, info.TotalRecords);
        await using var batches = Flight(fixture.Silo).DoGet(info.Endpoints[0].Ticket, SqlProbe.Call).GetAsyncEnumerator(Token);
        Assert.True(await batches.MoveNextAsync());
        Assert.Equal("1", Values(batches.Current));

        for (var round = 0; round < 3; round++)
        {
            await PutAsync(fixture.Silo, "tail", (100 * round, 2));
            Assert.True(await batches.MoveNextAsync());
            Assert.Equal($"{100 * round},{100 * round + 1}", Values(batches.Current));
        }
    }

    [Fact]
    public async Task Statement_OverAStream_ReadsWhatWasThereWhenItBegan()
    {
        await PutAsync(fixture.Silo, "snapshot", (0, 3));
        var probe = new SqlProbe(fixture.Silo.Flight);
        await probe.UpdateAsync("create table from_stream as select n * 2 as n from streams.snapshot");
        await PutAsync(fixture.Silo, "snapshot", (3, 3));

        Assert.Equal("0;2;4", await probe.RowsAsync("select n from from_stream order by n"));
        Assert.Equal("36", await probe.RowsAsync("select count(*) from streams.snapshot a, streams.snapshot b"));
    }

    [Theory]
    [InlineData(RpcStatusCode.NotFound, "no-such-stream")]
    [InlineData(RpcStatusCode.InvalidArgument, "bounds", "999999")]
    [InlineData(RpcStatusCode.InvalidArgument, "bounds", "2", "1")]
    [InlineData(RpcStatusCode.InvalidArgument, "bounds", "yesterday")]
    [InlineData(RpcStatusCode.InvalidArgument, "bounds", "1", "2", "3")]
    [InlineData(RpcStatusCode.InvalidArgument, "../x")]
    public async Task GetFlightInfo_OfWhatIsNotThere_IsRefused(RpcStatusCode code, params string[] parts)
    {
        await PutAsync(fixture.Silo, "bounds", (0, 3));

        Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(() => Flight(fixture.Silo).GetFlightInfoAsync(Path(parts), SqlProbe.Call))).Status.Code);
    }

    [Fact]
    public async Task DoPut_OfOtherColumnsOrInTheMiddle_IsRefused()
    {
        await PutAsync(fixture.Silo, "columns", (0, 1));

        await SqlProbe.RefusedAsync(RpcStatusCode.InvalidArgument, "bad_input", () => PutAsync(fixture.Silo, "columns", WordRows.Schema, WordRows.BatchesAsync(1, 10)));
        await SqlProbe.RefusedAsync(RpcStatusCode.InvalidArgument, "bad_input", async () =>
        {
            await using var writer = await Flight(fixture.Silo).DoPutAsync(Path("columns", "0"), NumbersHandler.Schema, SqlProbe.Call);
            await writer.CompleteAsync();
            await foreach (var _ in writer.ReadResultsAsync(Token))
            {
                Assert.Fail("Nothing was appended.");
            }
        });
        Assert.Equal("1", await new SqlProbe(fixture.Silo.Flight).RowsAsync("select count(*) from streams.columns"));
    }

    [Fact]
    public async Task Update_OfAStream_IsUnsupported() => await SqlProbe.RefusedAsync(
        RpcStatusCode.Unimplemented, "unsupported", () => new SqlProbe(fixture.Silo.Flight).UpdateAsync("insert into streams.some values (1)"));

    [Fact]
    public async Task Submit_ARunNamedStreams_IsRefused() => Assert.Equal(
        OrleansFlow.Errors.FlowErrorCode.BadInput,
        (await Assert.ThrowsAsync<OrleansFlow.Errors.FlowException>(() => fixture.Silo.Client.SubmitGraphAsync(
            """{"name":"x","nodes":[{"id":"a","role":"echo"}]}""", new OrleansFlow.Client.SubmitOptions { RunId = new OrleansFlow.Tasks.RunId("streams") }, Token))).Code);

    [Fact]
    public async Task DropStream_EndsItsReadersAndASweepTakesItsRows()
    {
        var clock = new ManualTimeProvider();
        await using var silo = await RunningSilo.StartAsync(options => (options.WorkerSlots, options.Clock) = (0, clock));
        await PutAsync(silo, "dropped", (0, 3));
        var info = await Flight(silo).GetFlightInfoAsync(Path("dropped", "latest"), SqlProbe.Call);
        await using var batches = Flight(silo).DoGet(info.Endpoints[0].Ticket, SqlProbe.Call).GetAsyncEnumerator(Token);
        var waiting = batches.MoveNextAsync().AsTask();

        await DropAsync(silo, "dropped");

        await SqlProbe.RefusedAsync(RpcStatusCode.NotFound, "not_found", () => waiting);
        await SqlProbe.RefusedAsync(RpcStatusCode.NotFound, "not_found", () => DropAsync(silo, "dropped"));
        await PutAsync(silo, "dropped", (7, 1));
        Assert.Equal("7", await new SqlProbe(silo.Flight).RowsAsync("select n from streams.dropped"));

        var folder = System.IO.Path.Combine(silo.Host.Services.GetRequiredService<GatewayIdentity>().ArtifactFolder, "_streams", "dropped");
        Assert.Equal(2, Directory.EnumerateDirectories(folder).Count());
        foreach (var log in Directory.EnumerateDirectories(folder))
        {
            Directory.SetLastWriteTimeUtc(log, clock.GetUtcNow().UtcDateTime.AddDays(-1));
        }

        var sweeper = silo.Host.Services.GetRequiredService<DatasetSweeper>();
        await sweeper.SweepAsync(Token);
        clock.Advance(TimeSpan.FromMinutes(4));
        await sweeper.SweepAsync(Token);
        Assert.Equal(2, Directory.EnumerateDirectories(folder).Count());
        clock.Advance(TimeSpan.FromMinutes(15));
        await sweeper.SweepAsync(Token);

        Assert.Single(Directory.EnumerateDirectories(folder));
        Assert.Equal("7", await new SqlProbe(silo.Flight).RowsAsync("select n from streams.dropped"));
    }

    [Fact]
    public async Task Stream_OverARestart_GoesOnWithItsOffsets()
    {
        using var folder = new TempFolder();
        for (var round = 0; round < 2; round++)
        {
            await using var silo = await RunningSilo.StartAsync(options => (options.WorkerSlots, options.DataFolder) = (0, folder.Combine("data")));
            Assert.Equal($$"""{"offset":{{3 * round}},"next":{{3 * round + 3}}}""", await PutAsync(silo, "kept", (3 * round, 3)));
            Assert.Equal(string.Join(';', Enumerable.Range(0, 3 * round + 3)), await new SqlProbe(silo.Flight).RowsAsync("select n from streams.kept"));
        }
    }

    [Fact]
    public async Task DoPut_ThatBreaksOff_KeepsWhatWasAcknowledged()
    {
        await using (var writer = await Flight(fixture.Silo).DoPutAsync(Path("broken"), NumbersHandler.Schema, SqlProbe.Call))
        {
            using var batch = NumbersHandler.Batch(0, 4);
            await writer.WriteAsync(batch, cancellationToken: Token);
            await using var receipts = writer.ReadResultsAsync(Token).GetAsyncEnumerator(Token);
            Assert.True(await receipts.MoveNextAsync());
        }

        Assert.Equal("""{"offset":4,"next":5}""", await PutAsync(fixture.Silo, "broken", (9, 1)));
        Assert.Equal("5", await new SqlProbe(fixture.Silo.Flight).RowsAsync("select count(*) from streams.broken"));
    }

    private static FlightClient Flight(RunningSilo silo) => silo.Flight;

    private static FlightDescriptor Path(params string[] parts) => FlightDescriptor.ForPath(["streams", .. parts]);

    private static string Values(RecordBatch batch)
    {
        using (batch)
        {
            return string.Join(',', SqlProbe.Rows(batch));
        }
    }

    private static Task<string> PutAsync(RunningSilo silo, string name, params (int First, int Count)[] batches) =>
        PutAsync(silo, name, NumbersHandler.Schema, BatchesAsync(batches));

    private static async Task<string> PutAsync(RunningSilo silo, string name, ArrowSchema schema, IAsyncEnumerable<RecordBatch> batches)
    {
        var receipts = new List<string>();
        await foreach (var receipt in Flight(silo).DoPutAsync(Path(name), schema, batches, SqlProbe.Call))
        {
            receipts.Add(Encoding.UTF8.GetString(receipt.Span));
        }

        return string.Join(';', receipts);
    }

    private static async IAsyncEnumerable<RecordBatch> BatchesAsync((int First, int Count)[] batches)
    {
        await Task.CompletedTask;
        foreach (var (first, count) in batches)
        {
            yield return NumbersHandler.Batch(first, count);
        }
    }

    private static async Task DropAsync(RunningSilo silo, string name)
    {
        await foreach (var _ in Flight(silo).DoActionAsync(new FlightAction("drop-stream", Encoding.UTF8.GetBytes($$"""{"name":"{{name}}"}""")), SqlProbe.Call))
        {
            Assert.Fail("There is no result.");
        }
    }

    private async Task<List<string>> ListAsync(string criteria)
    {
        var names = new List<string>();
        await foreach (var info in fixture.Silo.Flight.ListFlightsAsync(Encoding.UTF8.GetBytes(criteria), SqlProbe.Call))
        {
            names.Add(info.Descriptor!.ToString());
        }

        return names;
    }
}
