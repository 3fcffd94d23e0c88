using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Streams;

/// <summary>The log of a live stream: what is acknowledged is read, in order and once; a crash leaves nothing else; what is kept is bounded.</summary>
public sealed class StreamLogTests : StreamLogTestBase
{
    [Theory]
    [InlineData(0, 30, "0-9,10-14,15-29")]
    [InlineData(0, 0, "")]
    [InlineData(12, 13, "12-12")]
    [InlineData(9, 16, "9-9,10-14,15-15")]
    [InlineData(15, 30, "15-29")]
    [InlineData(30, 30, "")]
    public async Task Read_FromAndTo_GivesThoseRowsWithTheirOffsets(long from, long to, string expected)
    {
        await using var log = Log();
        Assert.Equal((0L, 10L, 15L), (await AppendAsync(log, 10), await AppendAsync(log, 5), await AppendAsync(log, 15)));

        Assert.Equal(expected, await ReadAsync(log, from, to));
    }

    [Fact]
    public async Task Read_AtTheEnd_WaitsForWhatComes()
    {
        await using var log = Log();
        await using var rows = log.ReadAsync(0, null, Token).GetAsyncEnumerator(Token);
        var first = rows.MoveNextAsync();
        Assert.False(first.IsCompleted);
        await AppendAsync(log, 3);
        Assert.True(await first);
        Check(rows.Current, 0, 3);

        var second = rows.MoveNextAsync();
        Assert.False(second.IsCompleted);
        await AppendAsync(log, 4);
        Assert.True(await second);
        Check(rows.Current, 3, 4);
    }

    [Fact]
    public async Task Read_WhoseCallerLeaves_Ends()
    {
        await using var log = Log();
        await AppendAsync(log, 1);
        using var leaving = new CancellationTokenSource();
        await using var rows = log.ReadAsync(1, null, leaving.Token).GetAsyncEnumerator(Token);
        var waiting = rows.MoveNextAsync();
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
    }

    [Fact]
    public async Task Append_BeyondWhatIsKept_LetsTheOldestGoAndSaysSo()
    {
        await using var log = Log(options => options.RetentionBytes = 64 << 10);
        for (var index = 0; index < 200; index++)
        {
            await AppendAsync(log, 100);
        }

        var (oldest, bytes) = (log.Oldest, Directory.EnumerateFiles(Folder).Sum(file => new FileInfo(file).Length));
        Assert.InRange(oldest, 1, 19_999);
        Assert.InRange(bytes, 40 << 10, (64 << 10) * 9 / 8 + 4_096);
        Assert.Equal(20_000 - oldest, await CountAsync(log, oldest, 20_000));

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadAsync(log, oldest - 1, 20_000));
        Assert.Equal(FlowErrorCode.NotFound, failure.Code);
        Assert.Contains($"the oldest is {oldest}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_SlowerThanRowsGo_ReadsTheOpenSegmentToItsEndAndThenSaysThatItFellBehind()
    {
        await using var log = Log(options => options.RetentionBytes = 64 << 10);
        await AppendAsync(log, 100);
        await using var rows = log.ReadAsync(0, null, Token).GetAsyncEnumerator(Token);
        Assert.True(await rows.MoveNextAsync());
        Check(rows.Current, 0, 100);
        for (var index = 0; index < 200; index++)
        {
            await AppendAsync(log, 100);
        }

        var next = 100L;
        var failure = await Assert.ThrowsAsync<FlowException>(async () =>
        {
            while (await rows.MoveNextAsync())
            {
                Check(rows.Current, next, 100);
                next += 100;
            }
        });

        Assert.Equal(FlowErrorCode.NotFound, failure.Code);
        Assert.InRange(next, 200, log.Oldest - 1);
    }

    [Fact]
    public async Task Tidy_SegmentsThatAreTooOld_GoButTheNewest()
    {
        await using (var log = Log())
        {
            await AppendAsync(log, 10);
        }

        await using var later = Log();
        await AppendAsync(later, 10);
        Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(5));
        Assert.Equal(0, await later.TidyAsync(DateTimeOffset.MinValue, Token));
        Clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(1, await later.TidyAsync(DateTimeOffset.MinValue, Token));
        Assert.Equal(10, later.Oldest);
        Assert.Equal("10-19", await ReadAsync(later, 10, 20));
    }

    [Fact]
    public async Task Drop_EndsReadersAndWriters()
    {
        await using var log = Log();
        await AppendAsync(log, 1);
        await using var rows = log.ReadAsync(1, null, Token).GetAsyncEnumerator(Token);
        var waiting = rows.MoveNextAsync();

        await log.DropAsync();

        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(async () => await waiting)).Code);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => AppendAsync(log, 1))).Code);
    }

    [Fact]
    public async Task Append_OfManyAtOnce_KeepsEachWholeAndReadersSeeAllInOrder()
    {
        await using var log = Log(options => options.RetentionBytes = 1 << 20);
        var reading = CountAsync(log, 0, 20_000);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            for (var index = 0; index < 50; index++)
            {
                await AppendAsync(log, 100);
            }
        }));

        Assert.Equal(20_000, await reading);
    }

    [Fact]
    public async Task Read_DictionariesAcrossSegments_HaveTheirValues()
    {
        await using var log = new StreamLog(Folder, "name", WordRows.Schema, new StreamGatewayOptions { RetentionBytes = 64 << 10 }, Clock);
        for (var index = 0; index < 60; index++)
        {
            using var batch = WordRows.Batch(index * 100, 100);
            await log.AppendAsync([batch], Token);
        }

        await foreach (var (offset, batch) in log.ReadAsync(log.Oldest, 6_000, Token))
        {
            using (batch)
            {
                Assert.Equal($"w{(offset + 7) % 10}", batch.Columns[0].GetValue(7));
                Assert.Equal((int)offset, batch.Columns[1].GetValue(0));
            }
        }
    }
}
