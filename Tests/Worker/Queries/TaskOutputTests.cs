using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Worker.Queries.Outputs;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>How outputs hold rows between a task and its readers.</summary>
public class TaskOutputTests
{
    private const int TimeoutMs = 30_000;

    private static readonly MessageSize NoJoins = new(1, 1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Writer_BeyondTheBudget_WaitsUntilTheReaderGoesOn()
    {
        using var output = new BufferedOutput(1, 1, 100, NoJoins, () => { });
        await output.WriteAsync(0, Numbers(1), 60, Token);
        await output.WriteAsync(0, Numbers(2), 40, Token);
        var waiting = output.WriteAsync(0, Numbers(3), 1, Token).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.Equal(100, output.HeldBytes);

        using var reader = output.OpenReader(0, 1);
        Assert.Equal([1], await NextAsync(reader));
        await waiting;

        Assert.Equal(41, output.HeldBytes);
        Assert.Equal([2], await NextAsync(reader));
        Assert.Equal([3], await NextAsync(reader));
        Assert.Equal(0, output.HeldBytes);
        await output.CompleteAsync(Token);
        Assert.Null(await reader.ReadAsync(Token));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task EmptyPartition_TakesOneMessage_WhateverTheBudget()
    {
        using var output = new BufferedOutput(2, 1, 10, NoJoins, () => { });
        await output.WriteAsync(0, Numbers(1), 1_000, Token);
        Assert.True(output.WriteAsync(1, Numbers(2), 1_000, Token).AsTask().IsCompletedSuccessfully);
        var waiting = output.WriteAsync(1, Numbers(3), 1, Token).AsTask();
        Assert.False(waiting.IsCompleted);

        using var reader = output.OpenReader(1, 1);
        Assert.Equal([2], await NextAsync(reader));
        await waiting;
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Broadcast_KeepsRowsUntilTheLastReaderHasThem()
    {
        using var output = new BufferedOutput(1, 2, 1_000, NoJoins, () => { });
        await output.WriteAsync(0, Numbers(1), 10, Token);
        using var first = output.OpenReader(0, 1);
        Assert.Equal([1], await NextAsync(first));
        Assert.Equal(10, output.HeldBytes);

        using var second = output.OpenReader(0, 1);
        Assert.Equal([1], await NextAsync(second));
        Assert.Equal(0, output.HeldBytes);
        Assert.Equal(FlowErrorCode.AlreadyEnded, Assert.Throws<FlowException>(() => output.OpenReader(0, 1)).Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task ReaderThatLeaves_NoLongerHoldsTheWriterBack()
    {
        var gone = 0;
        using var output = new BufferedOutput(2, 1, 10, NoJoins, () => gone++);
        var first = output.OpenReader(0, 1);
        await output.WriteAsync(0, Numbers(1), 10, Token);
        var waiting = output.WriteAsync(0, Numbers(2), 10, Token).AsTask();
        Assert.False(waiting.IsCompleted);

        first.Dispose();
        await waiting;
        Assert.Equal((0, false, 0), (output.HeldBytes, output.IsAbandoned, gone));

        output.OpenReader(1, 1).Dispose();
        Assert.Equal((true, 1), (output.IsAbandoned, gone));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task SmallBatches_ThatLieReady_AreJoinedToOneMessage()
    {
        using var output = new BufferedOutput(1, 1, 1_000, new MessageSize(4, 1_000), () => { });
        foreach (var number in (long[])[1, 2, 3, 4, 5])
        {
            await output.WriteAsync(0, Numbers(number), 8, Token);
        }

        using var reader = output.OpenReader(0, 1);
        Assert.Equal([1, 2, 3, 4], await NextAsync(reader));
        Assert.Equal([5], await NextAsync(reader));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Failure_ReachesReadersAndTheWriter_AndLetsGoOfTheRows()
    {
        using var output = new BufferedOutput(1, 2, 1, NoJoins, () => { });
        var batch = Numbers(1);
        await output.WriteAsync(0, batch, 8, Token);
        var waiting = output.WriteAsync(0, Numbers(2), 8, Token).AsTask();
        using var early = output.OpenReader(0, 1);

        output.Fail(new InvalidOperationException("broken"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => waiting);
        await Assert.ThrowsAsync<InvalidOperationException>(() => early.ReadAsync(Token).AsTask());
        using var late = output.OpenReader(0, 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => late.ReadAsync(Token).AsTask());
        Assert.True(batch.IsReleased);
    }

    [Fact(Timeout = TimeoutMs)]
    public void SpillFolder_OfAProcessThatIsGone_IsRemovedByTheNext()
    {
        var root = Directory.CreateTempSubdirectory("spills-").FullName;
        try
        {
            var left = Path.Combine(root, "queries-1-0");
            Directory.CreateDirectory(left);
            File.WriteAllText(Path.Combine(left, "7.arrow"), "");
            using var first = new SpillFolder(root);
            var mine = first.NewPath();
            Assert.False(Directory.Exists(left));

            using var second = new SpillFolder(root);
            second.NewPath();
            Assert.True(Directory.Exists(Path.GetDirectoryName(mine)));
            Assert.Equal(2, Directory.GetDirectories(root).Length);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void SpillFolder_GoesWithItsWorker()
    {
        var root = Directory.CreateTempSubdirectory("spills-").FullName;
        using (var folder = new SpillFolder(root))
        {
            File.WriteAllText(folder.NewPath(), "");
        }

        Assert.Empty(Directory.GetDirectories(root));
        Directory.Delete(root);
    }

    private static RecordBatch Numbers(params long[] values)
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("n", ArrowType.Int64)));
        foreach (var value in values)
        {
            builder.AppendRow(value);
        }

        return builder.Build();
    }

    private static async Task<IEnumerable<long>> NextAsync(IOutputReader reader)
    {
        using var batch = await reader.ReadAsync(Token);
        Assert.NotNull(batch);
        return batch.Column<Int64Array>(0).Values.ToArray();
    }
}
