using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: outputs of runs and live streams are tables that workers read in parts, each from its own disk.</summary>
public sealed class RunsAndStreamsTests
{
    private const int Watchdog = 120_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Watchdog)]
    [InlineData("select count(*) as n, sum(n)::bigint as total from {0}")]
    [InlineData("select n % 7 as k, max(n) from {0} group by k order by k")]
    [InlineData("select s.n, d.label from {0} as s join dims d on d.key = s.n order by s.n desc limit 5")]
    [InlineData("with large as (select n from {0} where n >= 4000) select count(*), min(scan.n) from large scan")]
    public async Task OutputOfARun_OnTheWorkers_AnswersAsOneEngine(string text)
    {
        await using var cluster = await QueryCluster.StartRealAsync();
        var run = await cluster.Silo.Client.SubmitGraphAsync(
            """{"name":"sql","nodes":[{"id":"scan","role":"numbers","params":{"batches":9,"rows":1000}}]}""", cancellationToken: Token);
        await cluster.Silo.Client.WaitForRunAsync(run, Token);

        var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query(text.Replace("{0}", $"runs.\"{run}\".scan", StringComparison.Ordinal)));

        Assert.Equal(1, cluster.Starts.Count);
        Assert.Equal(await cluster.AloneAsync(text.Replace("{0}", "(select range as n from range(9000))", StringComparison.Ordinal)), rows);
    }

    [Fact(Timeout = Watchdog)]
    public async Task LiveStream_OnTheWorkers_AnswersWithTheRowsOfThatMoment()
    {
        await using var cluster = await QueryCluster.StartRealAsync();
        for (var first = 0; first < 5_000; first += 1_000)
        {
            await cluster.Silo.Client.AppendAsync("ticks", NumbersHandler.Schema, OneAsync(NumbersHandler.Batch(first, 1_000)), Token);
        }

        foreach (var text in (string[])["select count(*) as n, count(distinct n) as d, max(n) as last from {0}", "select n % 3 as k, sum(n)::bigint from {0} as t group by k order by k"])
        {
            var before = cluster.Starts.Count;
            var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query(text.Replace("{0}", "streams.ticks", StringComparison.Ordinal)));

            Assert.Equal(before + 1, cluster.Starts.Count);
            Assert.Equal(await cluster.AloneAsync(text.Replace("{0}", "(select range as n from range(5000))", StringComparison.Ordinal)), rows);
        }

        await cluster.Silo.Client.AppendAsync("ticks", NumbersHandler.Schema, OneAsync(NumbersHandler.Batch(5_000, 7)), Token);
        Assert.Equal(["n", "5007"], await QueryCluster.AskAsync(cluster.Silo.Client.Query("select count(*) as n from flow.streams.ticks")));
    }

    [Fact(Timeout = Watchdog)]
    public async Task View_OfAStreamAndATable_IsDistributed()
    {
        await using var cluster = await QueryCluster.StartRealAsync();
        await cluster.Silo.Client.AppendAsync("ticks", NumbersHandler.Schema, OneAsync(NumbersHandler.Batch(0, 3_000)), Token);
        await cluster.Silo.Client.UpdateAsync("create view labelled as select t.n, d.label from streams.ticks t join dims d on d.key = t.n % 97", Token);

        var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query("select label, count(*) from labelled group by label order by label"));

        Assert.Equal(1, cluster.Starts.Count);
        Assert.Equal(
            await cluster.AloneAsync("select label, count(*) from (select d.label from (select range as n from range(3000)) t join dims d on d.key = t.n % 97) group by label order by label"), rows);
    }

    [Fact]
    public void PartsOfARun_HaveEachBatchOnce()
    {
        var batches = Enumerable.Range(0, 400).Select(index => new ArtifactRef
        {
            Node = "n", TaskIndex = index / 40, Index = index % 40, Path = $"r/n/{index / 40}.{index % 40}.e{1 + (index % 3)}.arrow", Rows = index % 7 * 10, Bytes = 1,
        }).ToList();
        foreach (var count in (int[])[1, 2, 3, 7, 64, 1_000])
        {
            var read = Enumerable.Range(0, count).SelectMany(part => RunTable.Cut(batches, part, count)).ToList();

            Assert.All(read, spans => Assert.InRange(spans.Count, 1, ArtifactSpan.SpansMax));
            Assert.Equal(
                batches.Select(batch => (batch.TaskIndex, batch.Index)),
                read.SelectMany(spans => spans).SelectMany(span => Enumerable.Range(span.First, span.Last - span.First + 1).Select(index => (span.Task, index))));
        }
    }

    [Fact]
    public void PartsOfAStream_HaveEachRowOnce()
    {
        KeptSegment[] segments = [new(0, 5, 10), new(15, 15, 1), new(16, 16, 1_000_003)];
        for (var count = 1; count < 40; count++)
        {
            var next = 5L;
            foreach (var piece in Enumerable.Range(0, count).SelectMany(part => StreamTable.Cut(segments, part, count)))
            {
                Assert.Equal((next, true), (piece.First, piece.First >= piece.Segment && piece.Count > 0));
                next += piece.Count;
            }

            Assert.Equal(16 + 1_000_003, next);
        }
    }

    [Theory]
    [InlineData("_streams/s/../0/0-1")]
    [InlineData("_streams/../x/0/0-1")]
    [InlineData("_streams/s/l/5/0-1")]
    [InlineData("_streams/s/l/0/0")]
    public async Task Ticket_ThatNamesNoRowsOfAStream_IsRefused(string subject) => Assert.Equal(
        FlowErrorCode.BadInput,
        (await Assert.ThrowsAsync<FlowException>(() => StreamRows.OpenAsync(Path.GetTempPath(), subject, Token))).Code);

    private static async IAsyncEnumerable<RecordBatch> OneAsync(RecordBatch batch)
    {
        await Task.CompletedTask;
        yield return batch;
    }
}
