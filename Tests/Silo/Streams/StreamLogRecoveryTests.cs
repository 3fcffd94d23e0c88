using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Silo.Streams;

/// <summary>The log of a live stream after crashes, refusals of the disk, and beside another process.</summary>
public sealed class StreamLogRecoveryTests : StreamLogTestBase
{
    [Fact]
    public async Task Log_OpenedAgain_GoesOnWhereItEnded()
    {
        await using (var before = Log())
        {
            await AppendAsync(before, 10);
        }

        await using var after = Log();
        Assert.Equal((0, 10), (after.Oldest, after.End.Next));
        Assert.Equal(10, await AppendAsync(after, 5));

        Assert.Equal("0-9,10-14", await ReadAsync(after, 0, 15));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Log_AfterACrashBehindItsEnd_HasWhatWasAcknowledgedOnly(bool atANewSegment)
    {
        await using (var before = Log())
        {
            await AppendAsync(before, 10);
        }

        var segment = Directory.EnumerateFiles(Folder, "*.arrows").Single();
        var bytes = await File.ReadAllBytesAsync(segment, Token);
        if (atANewSegment)
        {
            await File.WriteAllBytesAsync(segment.Replace("00.arrows", "10.arrows", StringComparison.Ordinal), bytes.AsMemory(0, bytes.Length / 2), Token);
        }
        else
        {
            await File.AppendAllTextAsync(segment, "half of a batch", Token);
        }

        await using var after = Log();
        Assert.Equal("0-9", await ReadAsync(after, 0, 10));
        Assert.Equal(10, await AppendAsync(after, 5));
        Assert.Equal("0-9,10-14", await ReadAsync(after, 0, 15));
        Assert.Equal(bytes.Length, new FileInfo(segment).Length);
    }

    [Fact]
    public async Task Log_AfterACrashBeforeItsFirstEnd_IsEmpty()
    {
        Directory.CreateDirectory(Folder);
        await File.WriteAllTextAsync(Path.Combine(Folder, "0000000000000000000.arrows"), "half of a segment", Token);
        await File.WriteAllTextAsync(Path.Combine(Folder, "end"), "half", Token);
        await using var log = Log();

        Assert.Equal((0, 0), (log.Oldest, log.End.Next));
        Assert.Equal(0, await AppendAsync(log, 5));
        Assert.Equal("0-4", await ReadAsync(log, 0, 5));
    }

    [Fact]
    public async Task Append_ThatTheDiskRefuses_IsNotSeenAndTheNextGoesOn()
    {
        await using var log = Log();
        await AppendAsync(log, 10);
        await log.TidyAsync(Clock.GetUtcNow(), Token);
        var blocked = Path.Combine(Folder, "0000000000000000010.arrows");
        Directory.CreateDirectory(blocked);
        var failure = await Assert.ThrowsAsync<FlowException>(() => AppendAsync(log, 5));
        Assert.Equal(FlowErrorCode.StoreUnavailable, failure.Code);
        Directory.Delete(blocked);

        Assert.Equal(10, await AppendAsync(log, 6));
        Assert.Equal("0-9,10-15", await ReadAsync(log, 0, 16));
    }

    [Fact]
    public async Task Log_OfAnotherProcess_IsReadAndIsWrittenByOneOnly()
    {
        await using var writer = Log();
        await using var other = Log();
        await AppendAsync(writer, 10);
        Assert.Equal("0-9", await ReadAsync(other, 0, 10));
        await using var tail = other.ReadAsync(10, null, Token).GetAsyncEnumerator(Token);
        var waiting = tail.MoveNextAsync();
        await AppendAsync(writer, 2);
        var appended = Clock.GetUtcNow();
        var found = waiting.AsTask();
        while (!found.IsCompleted)
        {
            // It may not have begun to wait for its time yet.
            Token.ThrowIfCancellationRequested();
            Clock.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        Assert.True(await found);
        Check(tail.Current, 10, 2);

        Assert.Equal(FlowErrorCode.StoreInUse, (await Assert.ThrowsAsync<FlowException>(() => AppendAsync(other, 1))).Code);
        await writer.TidyAsync(appended - TimeSpan.FromTicks(1), Token);
        Assert.Equal(FlowErrorCode.StoreInUse, (await Assert.ThrowsAsync<FlowException>(() => AppendAsync(other, 1))).Code);
        await writer.TidyAsync(appended, Token);

        Assert.Equal(12, await AppendAsync(other, 3));
        Assert.Equal("0-9,10-11,12-14", await ReadAsync(writer, 0, 15));
    }
}
