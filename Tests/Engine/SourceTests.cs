using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Engine.Native;
using OrleansFlow.Engine.Scans;

namespace OrleansFlow.Tests.Engine;

/// <summary>Registered batches: lifetime above all.</summary>
public sealed class SourceTests : EngineTestBase
{
    [Fact]
    public async Task Register_ThenDisposingTheBatch_KeepsTheRowsReadable()
    {
        using (var batch = Numbers(0, 100_000))
        {
            await Session.RegisterBatchesAsync("input", NumberSchema, [batch], Token);
        }

        Assert.Equal("4999950000", (await ValueAsync("SELECT sum(n) FROM input"))!.ToString());
        Assert.NotEqual(0, Allocator.LiveBuffers);
        await Session.UnregisterAsync("INPUT", Token);
        Assert.Equal(0, Allocator.LiveBuffers);
        Assert.Equal(EngineErrorKind.Catalog, (await Assert.ThrowsAsync<EngineException>(() => ExecuteAsync("FROM input"))).Kind);
    }

    [Fact]
    public async Task Register_OfManyBatches_KeepsTheirOrder()
    {
        var batches = Enumerable.Range(0, 20).Select(index => Numbers(index * 7000, 7000)).ToList();
        await Session.RegisterBatchesAsync("input", NumberSchema, batches, Token);
        batches.ForEach(batch => batch.Dispose());

        var rows = await RowsAsync("SELECT n FROM input");

        Assert.Equal(Enumerable.Range(0, 140_000).Select(n => (object)(long)n), rows.Select(row => row[0]));
    }

    [Fact]
    public async Task Register_OfNothingOrEmptyBatches_ScansToNoRows()
    {
        await Session.RegisterBatchesAsync("nothing", NumberSchema, [], Token);
        using var empty = Numbers(0, 0);
        await Session.RegisterBatchesAsync("hollow", NumberSchema, [empty, empty], Token);

        Assert.Empty(await RowsAsync("SELECT n FROM nothing"));
        Assert.Equal(0L, await ValueAsync("SELECT count(*) FROM hollow"));
    }

    [Fact]
    public async Task Register_OfABatchWithOtherColumns_NamesColumnAndTypes()
    {
        using var batch = Batch(new ArrowSchema(new ArrowField("n", ArrowType.Utf8)), ["x"]);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => Session.RegisterBatchesAsync("input", NumberSchema, [batch], Token));

        Assert.Contains("n: utf8", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("input", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scan_OfSomeColumns_ReadsOnlyThose()
    {
        var schema = new ArrowSchema(
            new ArrowField("a", ArrowType.Int64), new ArrowField("b", ArrowType.Utf8), new ArrowField("c", ArrowType.Float64));
        using var batch = Batch(schema, [1L, "x", 0.5], [2L, "y", 1.5]);
        await Session.RegisterBatchesAsync("input", schema, [batch], Token);

        Assert.Equal([1.5, 1L], (await RowsAsync("SELECT max(c), min(a) FROM input"))[0]);
        Assert.Equal(2L, await ValueAsync("SELECT count(*) FROM input"));
        Assert.Equal("y", await ValueAsync("SELECT b FROM input WHERE c > 1"));
    }

    [Fact]
    public async Task Register_OfAnExchangedSet_IsSeenByAPreparedStatement()
    {
        using (var first = Numbers(0, 10))
        {
            await Session.RegisterBatchesAsync("input", NumberSchema, [first], Token);
        }

        await using var statement = await Session.PrepareAsync("SELECT sum(n)::BIGINT FROM input WHERE n >= ?", Token);
        for (var round = 0; round < 50; round++)
        {
            using (var next = Numbers(round, 3))
            {
                await Session.RegisterBatchesAsync("input", NumberSchema, [next], Token);
            }

            await using var result = await statement.QueryAsync([(long)round + 1], Token);
            Assert.Equal((2L * round) + 3, (await RowsAsync(result))[0][0]);
        }
    }

    [Fact]
    public async Task Unregister_UnderAPreparedStatement_FreesTheBatchesWithTheStatement()
    {
        using (var batch = Numbers(0, 10))
        {
            await Session.RegisterBatchesAsync("input", NumberSchema, [batch], Token);
        }

        var statement = await Session.PrepareAsync("SELECT sum(n) FROM input", Token);
        await Session.UnregisterAsync("input", Token);
        Assert.NotEqual(0, Allocator.LiveBuffers);
        await statement.DisposeAsync();

        Assert.Equal(0, Allocator.LiveBuffers);
    }

    [Fact]
    public async Task Scan_ByOperatorsThatKeepTheirInput_StaysCorrectForLongTexts()
    {
        // Long texts stay in Arrow's memory, so whatever sorts, joins or aggregates them must hold on to it, or copy.
        var schema = new ArrowSchema(new ArrowField("k", ArrowType.Int64), new ArrowField("t", ArrowType.Utf8));
        using (var batch = Batch(schema, [.. Enumerable.Range(0, 20_000).Select(n => new object?[] { (long)(n * 7919 % 20_000), $"a rather long text, number {n * 7919 % 20_000:D6}" })]))
        {
            await Session.RegisterBatchesAsync("input", schema, [batch], Token);
        }

        var sorted = await RowsAsync("SELECT t FROM input ORDER BY k");
        Assert.Equal(Enumerable.Range(0, 20_000).Select(n => (object)$"a rather long text, number {n:D6}"), sorted.Select(row => row[0]));
        Assert.Equal(20_000L, await ValueAsync("SELECT count(*) FROM input a JOIN input b USING (t)"));
        Assert.Equal("a rather long text, number 019999", await ValueAsync("SELECT max(t) FROM input"));
        Assert.Equal(20_000L, await ValueAsync("SELECT count(DISTINCT lead) FROM (SELECT lead(t, 1, 'last') OVER (ORDER BY k) AS lead FROM input)"));
    }

    [Fact]
    public async Task Scan_OfAFixedWidthColumn_PointsIntoTheBatch()
    {
        using var batch = Numbers(0, 10_000);
        await Session.RegisterBatchesAsync("input", NumberSchema, [batch], Token);

        Assert.True(VectorAddressEqualsBuffer(batch, start: 0));
        Assert.True(VectorAddressEqualsBuffer(batch, start: 4096));
    }

    [Fact]
    public async Task Scan_ByManyThreads_ReadsEveryRowOnce()
    {
        await using var instance = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 8, PreserveInsertionOrder = false }, Token);
        await using var session = instance.OpenSession();
        var batches = Enumerable.Range(0, 10).Select(index => Numbers(index * 100_000, 100_000)).ToList();
        await session.RegisterBatchesAsync("input", NumberSchema, batches, Token);
        batches.ForEach(batch => batch.Dispose());

        Assert.Equal([1_000_000L, 1_000_000L, 0L, 999_999L], (await RowsAsync(session, "SELECT count(*), count(DISTINCT n), min(n), max(n) FROM input"))[0]);
        Assert.Equal(1_000_000, (await RowsAsync(session, "SELECT n FROM input")).Select(row => row[0]).Distinct().Count());
    }

    [Fact]
    public async Task Insert_ThatBreaksAConstraint_KeepsNoRow()
    {
        await ExecuteAsync("CREATE TABLE target (n BIGINT CHECK (n < 5000))");
        using var batch = Numbers(0, 6000);

        var error = await Assert.ThrowsAsync<EngineException>(() => Session.InsertAsync("target", batch, Token));

        Assert.Equal(EngineErrorKind.Constraint, error.Kind);
        Assert.Equal(0L, await ValueAsync("SELECT count(*) FROM target"));
    }

    [Fact]
    public async Task Insert_IntoAMissingTable_NamesIt()
    {
        using var batch = Numbers(0, 1);

        var error = await Assert.ThrowsAsync<EngineException>(() => Session.InsertAsync("nowhere", batch, Token));

        Assert.Equal(EngineErrorKind.Catalog, error.Kind);
        Assert.Contains("nowhere", error.Message, StringComparison.Ordinal);
    }

    private unsafe bool VectorAddressEqualsBuffer(RecordBatch batch, long start)
    {
        var source = Instance.Sources.Values.Single();
        var shared = SharedArray.Export(batch);
        nint chunk = 0;
        try
        {
            source.ConvertRows(shared, 0, 0, start, 2048, out chunk);
            var vector = (byte*)DuckDb.VectorData(DuckDb.DataChunkVector(chunk, 0));
            return vector == batch.Column(0).Data.Buffers[1].Pointer + (start * sizeof(long));
        }
        finally
        {
            DuckDb.DestroyDataChunk(ref chunk);
            SharedArray.Release(shared);
        }
    }
}
