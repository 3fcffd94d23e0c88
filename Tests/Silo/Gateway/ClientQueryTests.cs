using OrleansFlow.Arrow;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>The typed client's queries: through the gateway, and its reading of several endpoints.</summary>
public sealed class ClientQueryTests(SiloFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Query_GivesRowsAndProgress()
    {
        var told = new List<QueryProgress>();
        var rows = 0L;
        await foreach (var batch in fixture.Silo.Client.QueryAsync("select range from range(200000)", new QueryOptions { Progress = new Listing(told) }, Token))
        {
            rows += batch.RowCount;
            batch.Dispose();
        }

        Assert.Equal(200_000, rows);
        Assert.Equal(new QueryProgress(200_000, -1, 1, 1), told[^1]);
        Assert.Equal(told.Order(Comparer<QueryProgress>.Create((left, right) => left.Rows.CompareTo(right.Rows))), told);
    }

    [Fact]
    public async Task Query_ThatCannotRun_HasTheProjectsCode()
    {
        var failure = await Assert.ThrowsAsync<FlowException>(async () => await fixture.Silo.Client.QueryAsync("selec 1", cancellationToken: Token).GetAsyncEnumerator(Token).MoveNextAsync());

        Assert.Equal(FlowErrorCode.EngineError, failure.Code);
    }

    [Fact]
    public async Task Update_ChangesATable() => Assert.Equal(2, await fixture.Silo.Client.UpdateAsync("create table by_client as select range from range(2)", Token));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public async Task Endpoints_InOrder_AreReadInOrder(int parallel)
    {
        var reader = Reader(5, Healthy, new QueryOptions { ParallelEndpoints = parallel });

        Assert.Equal(Enumerable.Range(0, 20).Select(value => (long)value), await ReadAsync(reader));
    }

    [Fact]
    public async Task Endpoints_WithoutOrder_AreAllRead()
    {
        var reader = Reader(5, Healthy, new QueryOptions { ParallelEndpoints = 2, IsOrdered = false });

        Assert.Equal(Enumerable.Range(0, 20).Select(value => (long)value), (await ReadAsync(reader)).Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Endpoint_LostInTheMiddle_IsReadAgainWithoutRepeatingBatches(int parallel)
    {
        var opened = 0;
        var reader = Reader(3, (part, token) => FailingAsync(part, failsAfter: part == 1 && Interlocked.Increment(ref opened) == 1 ? 2 : -1), new QueryOptions { ParallelEndpoints = parallel });

        Assert.Equal(Enumerable.Range(0, 12).Select(value => (long)value), await ReadAsync(reader));
        Assert.Equal(2, opened);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Endpoint_LostForGood_FailsTheQuery(int parallel)
    {
        var reader = Reader(3, (part, token) => FailingAsync(part, failsAfter: part == 1 ? 2 : -1), new QueryOptions { ParallelEndpoints = parallel });

        Assert.Equal(RpcStatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => ReadAsync(reader))).Status.Code);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(65, 2)]
    [InlineData(1, -1)]
    [InlineData(1, 11)]
    public async Task Options_OutsideTheirRange_AreRefused(int parallel, int retries)
    {
        var options = new QueryOptions { ParallelEndpoints = parallel, RetriesPerEndpoint = retries };

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await fixture.Silo.Client.QueryAsync("select 1", options, Token).GetAsyncEnumerator(Token).MoveNextAsync());
    }

    private static EndpointReader Reader(int parts, Func<int, CancellationToken, IAsyncEnumerable<RecordBatch>> open, QueryOptions options) => new(
        endpoint => [new EndpointSource(token => open(int.Parse(endpoint.Ticket.AsText(), System.Globalization.CultureInfo.InvariantCulture), token), _ => { })],
        new FlightInfo
        {
            Schema = NumbersHandler.Schema,
            Endpoints = [.. Enumerable.Range(0, parts).Select(part => new FlightEndpoint(FlightTicket.FromText($"{part}")))],
            IsOrdered = true,
        },
        options);

    private static IAsyncEnumerable<RecordBatch> Healthy(int part, CancellationToken cancellationToken) => FailingAsync(part, -1);

    /// <summary>Four batches of one row; fails as a lost connection does after some of them.</summary>
    private static async IAsyncEnumerable<RecordBatch> FailingAsync(int part, int failsAfter)
    {
        for (var index = 0; index < 4; index++)
        {
            await Task.Yield();
            if (index == failsAfter)
            {
                throw new RpcException(RpcStatusCode.Unavailable, "The connection was lost.");
            }

            yield return NumbersHandler.Batch((part * 4) + index, 1);
        }
    }

    private static async Task<List<long>> ReadAsync(EndpointReader reader)
    {
        var values = new List<long>();
        await foreach (var batch in reader.ReadAsync(Token))
        {
            using (batch)
            {
                values.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => (long)batch.Column(0).GetValue(row)!));
            }
        }

        return values;
    }

    private sealed class Listing(List<QueryProgress> told) : IProgress<QueryProgress>
    {
        public void Report(QueryProgress value) => told.Add(value);
    }
}
