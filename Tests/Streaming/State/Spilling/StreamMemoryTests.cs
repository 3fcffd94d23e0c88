using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Tests.Streaming.State.Spilling;

/// <summary>Goal: what is written comes back, is accounted for, and leaves nothing on the disk, however its owner ends.</summary>
public sealed class StreamMemoryTests : IDisposable
{
    private static readonly ArrowSchema Schema = new(new ArrowField("a", ArrowType.Int64));

    private readonly string _folder = Directory.CreateTempSubdirectory("stream-memory-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task WrittenRows_AreReadFromAFileWithoutName_AlsoWhenTheMemoryIsGone()
    {
        RecordBatch[] written;
        using (var memory = new StreamMemory(1, _folder))
        {
            using var share = memory.Open();
            using var batch = Rows(1, 2, 3);
            written = await share.WriteAsync([batch, batch], Token);
            Assert.Empty(Directory.EnumerateFiles(_folder, "*.arrow", SearchOption.AllDirectories));
            Assert.Equal(1, memory.SpilledFiles);
            Assert.True(memory.SpilledBytes > 2 * 3 * sizeof(long));
        }

        Assert.Equal(2, written.Length);
        foreach (var batch in written)
        {
            Assert.Equal([1, 2, 3], batch.Column<Int64Array>(0).Values.ToArray());
            batch.Dispose();
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public async Task FilesOfAProcessThatWasKilled_AreRemovedByTheNext_AndThoseOfALivingOneAreNot()
    {
        var dead = Directory.CreateDirectory(Path.Combine(_folder, "streams-1-0")).FullName;
        await File.WriteAllTextAsync(Path.Combine(dead, "lock"), "", Token);
        await File.WriteAllTextAsync(Path.Combine(dead, "7.arrow"), "half", Token);
        using var living = new StreamMemory(1, _folder);
        await WriteAsync(living);

        using var next = new StreamMemory(1, _folder);
        await WriteAsync(next);

        Assert.False(Directory.Exists(dead));
        Assert.Equal(2, Directory.EnumerateDirectories(_folder).Count());
    }

    [Fact]
    public void Limit_IsSharedByAll_AndEachMayHoldItsPartOfHalfOfIt()
    {
        using var memory = new StreamMemory(1_000, _folder);
        using var cold = memory.Part().Open();
        using var hot = memory.Part().Open();
        cold.Report(1_000);
        Assert.False(cold.IsOver);
        Assert.False(hot.WouldBeOver(250));
        Assert.True(hot.WouldBeOver(251));

        hot.Report(100);
        Assert.True(cold.IsOver);
        Assert.False(hot.IsOver);
        Assert.Equal(1_100, memory.UsedBytes);

        cold.Dispose();
        Assert.Equal(100, memory.UsedBytes);
        Assert.False(hot.WouldBeOver(900));
    }

    [Fact]
    public async Task DiskThatFails_IsToldWithTheLimitAndTheFolder()
    {
        const int NoSpace = 28;
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "", Token);
        using var nowhere = new StreamMemory(1_234, Path.Combine(_folder, "file", "x"));
        Assert.Equal(FlowErrorCode.StoreUnavailable, (await Assert.ThrowsAsync<FlowException>(() => WriteAsync(nowhere))).Code);

        using var memory = new StreamMemory(1_234, _folder);
        await using var file = new SpillWriter(memory, Schema);
        var full = file.Failed(new IOException("no space", NoSpace));
        Assert.Equal(FlowErrorCode.StoreFull, full.Code);
        Assert.Contains("1234 bytes", full.Message, StringComparison.Ordinal);
        Assert.Contains(_folder, full.Message, StringComparison.Ordinal);
        Assert.Equal(FlowErrorCode.StoreUnavailable, file.Failed(new IOException("other", 5)).Code);
    }

    [Fact]
    public void StateThatHasToBeInMemory_IsRefusedWithBudgetAndWayOut()
    {
        using var memory = new StreamMemory(1_000, _folder);
        using var share = memory.Open();
        share.Report(2_000);

        var exception = Assert.Throws<FlowException>(() => share.Refuse("Sessions"));

        Assert.Equal(FlowErrorCode.LimitExceeded, exception.Code);
        Assert.StartsWith("Sessions take 2000 bytes, and the state of all operators 2000 of the 1000 bytes", exception.Message, StringComparison.Ordinal);
    }

    private static RecordBatch Rows(params long[] values)
    {
        using var builder = new RecordBatchBuilder(Schema);
        builder.Column<Int64Builder>(0).AppendRange(values);
        return builder.Build();
    }

    private static async Task WriteAsync(StreamMemory memory)
    {
        using var share = memory.Open();
        using var batch = Rows(1);
        foreach (var written in await share.WriteAsync([batch], Token))
        {
            written.Dispose();
        }
    }
}
