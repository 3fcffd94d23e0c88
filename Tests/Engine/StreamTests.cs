using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Engine;

/// <summary>Streams of batches, into statements and into tables: waiting, failing, ending.</summary>
public sealed class StreamTests : EngineTestBase
{
    [Fact]
    public async Task Stream_OfManyBatches_IsReadOnceAndItsBatchesAreDisposed()
    {
        await Session.RegisterStreamAsync("input", NumberSchema, cancel => NumbersAsync(30, 5000, cancel), Token);

        Assert.Equal([150_000L, 0L, 149_999L], (await RowsAsync("SELECT count(*), min(n), max(n) FROM input"))[0]);
        Assert.Equal(150_000L, await ValueAsync("SELECT count(*) FROM input"));
        Assert.Equal(0, Allocator.LiveBuffers);
    }

    [Fact]
    public async Task Stream_ThatIsNotReadToItsEnd_IsClosed()
    {
        var closed = new TaskCompletionSource();
        await Session.RegisterStreamAsync("input", NumberSchema, Endless, Token);

        Assert.Equal(5, (await RowsAsync("SELECT n FROM input LIMIT 5")).Count);
        await closed.Task.WaitAsync(Token);

        async IAsyncEnumerable<RecordBatch> Endless([EnumeratorCancellation] CancellationToken cancel)
        {
            try
            {
                for (var index = 0; ; index++)
                {
                    await Task.Yield();
                    cancel.ThrowIfCancellationRequested();
                    yield return Numbers(index * 1000, 1000);
                }
            }
            finally
            {
                closed.SetResult();
            }
        }
    }

    [Fact]
    public async Task Stream_ThatFails_FailsTheStatementWithItsException()
    {
        await Session.RegisterStreamAsync("input", NumberSchema, FailingAsync, Token);

        var error = await Assert.ThrowsAsync<EngineException>(() => RowsAsync("SELECT sum(n) FROM input"));

        Assert.Equal(EngineErrorKind.Source, error.Kind);
        Assert.Contains("'input'", error.Message, StringComparison.Ordinal);
        Assert.Equal("the disk is on fire", Assert.IsType<InvalidDataException>(error.InnerException).Message);
        Assert.Equal(1, await ValueAsync("SELECT 1"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stream_ThatNeverYields_EndsWhenTheStatementIsCancelled(bool listens)
    {
        var waiting = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await Session.RegisterStreamAsync("input", NumberSchema, StuckAsync, Token);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var query = Session.ExecuteAsync("SELECT sum(n) FROM input", null, cancel.Token);
        await waiting.Task.WaitAsync(Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => query);
        Assert.Equal(1, await ValueAsync("SELECT 1"));
        release.SetResult();

        async IAsyncEnumerable<RecordBatch> StuckAsync([EnumeratorCancellation] CancellationToken token)
        {
            yield return Numbers(0, 10);
            waiting.SetResult();
            await release.Task.WaitAsync(listens ? token : CancellationToken.None);
        }
    }

    [Fact]
    public async Task Append_OfAStream_CountsRowsAndDisposesBatches()
    {
        await ExecuteAsync("CREATE TABLE target (n BIGINT)");

        Assert.Equal(50_000, await Session.AppendAsync("target", NumbersAsync(10, 5000, Token), Token));
        Assert.Equal([50_000L, 49_999L], (await RowsAsync("SELECT count(*), max(n) FROM target"))[0]);
    }

    [Fact]
    public async Task Append_OfAStreamThatFails_KeepsNoRow()
    {
        await ExecuteAsync("CREATE TABLE target (n BIGINT)");

        await Assert.ThrowsAsync<InvalidDataException>(() => Session.AppendAsync("target", FailingAsync(Token), Token));
        Assert.Equal(0L, await ValueAsync("SELECT count(*) FROM target"));
    }

    [Fact]
    public async Task Append_WhoseSessionIsDisposed_EndsCleanly()
    {
        var session = Instance.OpenSession();
        await session.ExecuteAsync("CREATE TABLE target (n BIGINT)", null, Token);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => session.AppendAsync("target", DisposingAsync(), Token));
        Assert.Equal(0L, await ValueAsync("SELECT count(*) FROM target"));

        async IAsyncEnumerable<RecordBatch> DisposingAsync()
        {
            yield return Numbers(0, 100);
            await session.DisposeAsync();
            yield return Numbers(100, 100);
        }
    }

    [Fact]
    public async Task Stream_CancelledAtEveryBatch_LeavesTheSessionUsable()
    {
        for (var at = 0; at < 30; at++)
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var cancelAt = at;
            await Session.RegisterStreamAsync("input", NumberSchema, _ => CancellingAsync(cancelAt, cancel), Token);

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Session.ExecuteAsync("SELECT n % 10, sum(n) FROM input GROUP BY 1", null, cancel.Token));
            Assert.Equal(at, await ValueAsync("SELECT ?", at));
        }

        async IAsyncEnumerable<RecordBatch> CancellingAsync(int at, CancellationTokenSource cancel)
        {
            for (var index = 0; ; index++)
            {
                await Task.Yield();
                if (index == at)
                {
                    await cancel.CancelAsync();
                    cancel.Token.ThrowIfCancellationRequested();
                }

                yield return Numbers(index * 1000, 1000);
            }
        }
    }

    [Fact]
    public async Task Stream_LargerThanTheMemoryLimit_PassesThrough()
    {
        await using var instance = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1, MemoryLimitBytes = 16L << 20 }, Token);
        await using var session = instance.OpenSession();
        await session.RegisterStreamAsync("input", NumberSchema, cancel => NumbersAsync(60, 50_000, cancel), Token);
        await using var result = await session.QueryAsync("SELECT n FROM input", null, Token);
        long rowCount = 0;
        await foreach (var batch in result.ReadAllAsync(Token))
        {
            using (batch)
            {
                Assert.Equal(rowCount, batch.Column<Int64Array>(0).Values[0]);
                rowCount += batch.RowCount;
                Assert.InRange(Allocator.LiveBytes, 0, 8L << 20);
            }
        }

        Assert.Equal(3_000_000, rowCount);
    }

    private async IAsyncEnumerable<RecordBatch> NumbersAsync(int batchCount, int rowCount, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var index = 0; index < batchCount; index++)
        {
            await Task.Yield();
            cancel.ThrowIfCancellationRequested();
            yield return Numbers((long)index * rowCount, rowCount);
        }
    }

    private async IAsyncEnumerable<RecordBatch> FailingAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        yield return Numbers(0, 3000);
        await Task.Yield();
        cancel.ThrowIfCancellationRequested();
        throw new InvalidDataException("the disk is on fire");
    }
}
