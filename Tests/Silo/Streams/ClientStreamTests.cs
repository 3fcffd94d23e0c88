using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Streams;

/// <summary>Live streams and exchanges by the typed client.</summary>
public sealed class ClientStreamTests(SiloFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FlowClient Client => fixture.Silo.Client;

    [Fact]
    public async Task AppendAndReadStream_GiveTheRowsWithTheirOffsets()
    {
        Assert.Equal(7, await Client.AppendAsync("by-client", NumbersHandler.Schema, BatchesAsync((0, 4), (4, 3)), Token));
        Assert.Null(await Client.AppendAsync("by-client", NumbersHandler.Schema, BatchesAsync(), Token));

        Assert.Equal("0:4 4:3", await ReadAsync(Client.ReadStreamAsync("by-client", to: 7, cancellationToken: Token)));
        Assert.Equal("2:2 4:1", await ReadAsync(Client.ReadStreamAsync("by-client", 2, 5, cancellationToken: Token)));
    }

    [Fact]
    public async Task ReadStream_WithoutAnEnd_GoesOnOverARestartOfTheGateway()
    {
        using var folder = new TempFolder();
        var port = 0;
        RunningSilo? silo = null;
        try
        {
            silo = await StartAsync();
            port = new Uri(silo.Host.Endpoints.GrpcUrl).Port;
            await silo.Client.AppendAsync("lasting", NumbersHandler.Schema, BatchesAsync((0, 2)), Token);
            await using var client = FlowClient.Connect(silo.Host.Endpoints.GrpcUrl);
            await using var rows = client.ReadStreamAsync("lasting", retries: 1_000, cancellationToken: Token).GetAsyncEnumerator(Token);
            Assert.Equal("0:2", await NextAsync(rows));

            var waiting = NextAsync(rows);
            await silo.DisposeAsync();
            silo = await StartAsync();
            await silo.Client.AppendAsync("lasting", NumbersHandler.Schema, BatchesAsync((2, 3)), Token);

            Assert.Equal("2:3", await waiting);
        }
        finally
        {
            await (silo?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        Task<RunningSilo> StartAsync() => RunningSilo.StartAsync(options => (options.WorkerSlots, options.DataFolder, options.GrpcPort) = (0, folder.Combine("data"), port));
    }

    [Theory]
    [InlineData("no-such-stream", null, FlowErrorCode.NotFound)]
    [InlineData("refused-by-client", 99L, FlowErrorCode.BadInput)]
    public async Task ReadStream_OfWhatIsNotThere_HasTheProjectsCode(string stream, long? from, FlowErrorCode code)
    {
        await Client.AppendAsync("refused-by-client", NumbersHandler.Schema, BatchesAsync((0, 1)), Token);

        Assert.Equal(code, (await Assert.ThrowsAsync<FlowException>(() => ReadAsync(Client.ReadStreamAsync(stream, from, cancellationToken: Token)))).Code);
    }

    [Theory]
    [InlineData(IpcCompression.None)]
    [InlineData(IpcCompression.Lz4Frame)]
    public async Task Exchange_GivesTheRowsOfTheStatement(IpcCompression compression)
    {
        var answer = new List<string>();
        var batches = Client.ExchangeAsync(
            "select n * 10 as n from input where n > 2 order by n", NumbersHandler.Schema, BatchesAsync((0, 4), (4, 1)), new QueryOptions { Compression = compression }, Token);
        await foreach (var batch in batches)
        {
            using (batch)
            {
                answer.AddRange(SqlProbe.Rows(batch));
            }
        }

        Assert.Equal(["30", "40"], answer);
    }

    [Fact]
    public async Task Exchange_ThatIsRefused_HasTheProjectsCode() => Assert.Equal(
        FlowErrorCode.EngineError,
        (await Assert.ThrowsAsync<FlowException>(async () => await Client.ExchangeAsync("selec", NumbersHandler.Schema, BatchesAsync((0, 1)), cancellationToken: Token).ToListAsync(Token))).Code);

    private static async IAsyncEnumerable<RecordBatch> BatchesAsync(params (int First, int Count)[] batches)
    {
        await Task.CompletedTask;
        foreach (var (first, count) in batches)
        {
            yield return NumbersHandler.Batch(first, count);
        }
    }

    private static async Task<string> ReadAsync(IAsyncEnumerable<StreamBatch> batches)
    {
        var parts = new List<string>();
        await foreach (var read in batches)
        {
            parts.Add(Text(read));
        }

        return string.Join(' ', parts);
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<StreamBatch> rows)
    {
        Assert.True(await rows.MoveNextAsync());
        return Text(rows.Current);
    }

    private static string Text(StreamBatch read)
    {
        using (read.Batch)
        {
            Assert.Equal(read.Offset, read.Batch.Column<Int64Array>("n").Values[0]);
            Assert.Equal(read.Offset + read.Batch.RowCount, read.Next);
            return $"{read.Offset}:{read.Batch.RowCount}";
        }
    }
}
