using System.Threading.Channels;
using OrleansFlow.Flight;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Streams;

public sealed class BatchGroupsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "")]
    [InlineData("1", "1")]
    [InlineData("1,2,3", "1+2+3")]
    [InlineData("0,1,0,2,0", "1+2")]
    [InlineData("0,0", "")]
    public async Task Read_WhatIsThere_ComesTogetherWithoutEmptyBatches(string rows, string groups) =>
        Assert.Equal(groups, await GroupsAsync(rows.Length == 0 ? [] : rows.Split(',').Select(int.Parse)));

    [Fact]
    public async Task Read_MoreThanAGroupHolds_BeginsAnother() =>
        Assert.Equal("64,64,22", string.Join(',', (await GroupsAsync(Enumerable.Repeat(1, 150))).Split(' ').Select(group => group.Split('+').Length)));

    [Fact]
    public async Task Read_OneThatIsThereAlone_DoesNotWaitForTheNext()
    {
        var channel = Channel.CreateUnbounded<FlightBatch>();
        await using var groups = BatchGroups.ReadAsync(channel.Reader.ReadAllAsync(Token), Token).GetAsyncEnumerator(Token);
        var first = groups.MoveNextAsync();
        Assert.False(first.IsCompleted);
        channel.Writer.TryWrite(new FlightBatch(NumbersHandler.Batch(0, 3)));

        Assert.True(await first);
        using var only = Assert.Single(groups.Current);
        channel.Writer.Complete();
        Assert.False(await groups.MoveNextAsync());
    }

    [Fact]
    public async Task Read_SourceThatFails_GivesWhatCameBeforeAndThenFails()
    {
        await using var groups = BatchGroups.ReadAsync(FailingAsync(), Token).GetAsyncEnumerator(Token);
        Assert.True(await groups.MoveNextAsync());
        Assert.Single(groups.Current).Dispose();

        await Assert.ThrowsAsync<IOException>(async () => await groups.MoveNextAsync());

        static async IAsyncEnumerable<FlightBatch> FailingAsync()
        {
            await Task.CompletedTask;
            yield return new FlightBatch(NumbersHandler.Batch(0, 1));
            throw new IOException("lost");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Read_WhoeverLeavesEarly_EndsTheReadingUnderWay(bool more)
    {
        var channel = Channel.CreateUnbounded<FlightBatch>();
        channel.Writer.TryWrite(new FlightBatch(NumbersHandler.Batch(0, 1)));
        var left = NumbersHandler.Batch(0, 1);
        await foreach (var group in BatchGroups.ReadAsync(channel.Reader.ReadAllAsync(Token), Token))
        {
            group.ForEach(batch => batch.Dispose());
            if (more)
            {
                channel.Writer.TryWrite(new FlightBatch(left));
            }

            break;
        }

        // Taken and let go of, or still in the channel.
        Assert.True(!more || channel.Reader.TryRead(out _) || left.Columns[0].IsReleased);
    }

    private static async Task<string> GroupsAsync(IEnumerable<int> rows)
    {
        var groups = new List<string>();
        await foreach (var group in BatchGroups.ReadAsync(BatchesAsync(rows), Token))
        {
            groups.Add(string.Join('+', group.Select(batch => batch.RowCount)));
            group.ForEach(batch => batch.Dispose());
        }

        return string.Join(' ', groups);
    }

    private static async IAsyncEnumerable<FlightBatch> BatchesAsync(IEnumerable<int> rows)
    {
        await Task.CompletedTask;
        foreach (var count in rows)
        {
            yield return new FlightBatch(NumbersHandler.Batch(0, count));
        }
    }
}
