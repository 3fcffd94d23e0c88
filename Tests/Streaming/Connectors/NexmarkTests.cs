using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Connectors.Nexmark;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Sql;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Connectors;

public class NexmarkTests
{
    private const int EventCount = 5_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task OfFiftyEvents_OneIsAPersonThreeAreAuctionsAndTheOthersBids()
    {
        var lines = await LinesAsync(seed: 7, parallelism: 1);

        Assert.Equal(EventCount, lines.Count);
        Assert.Equal(EventCount / 50, lines.Count(line => !line.StartsWith("null|", StringComparison.Ordinal)));
        Assert.Equal(3 * EventCount / 50, lines.Count(line => line.StartsWith("null|{", StringComparison.Ordinal)));
        Assert.Equal(46 * EventCount / 50, lines.Count(line => line.StartsWith("null|null|{", StringComparison.Ordinal)));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EventsOfASeed_AreTheSameWhateverTheParallelism_AndThoseOfAnotherAreNot()
    {
        var one = await LinesAsync(seed: 7, parallelism: 1);
        var three = await LinesAsync(seed: 7, parallelism: 3);
        var other = await LinesAsync(seed: 8, parallelism: 1);

        Assert.Equal(one.Order(StringComparer.Ordinal), three.Order(StringComparer.Ordinal));
        Assert.NotEqual(one, other);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task BidsNameAuctionsAndPersonsThatAreThere_MostlyHotOnes()
    {
        var (persons, auctions, bidders, bids) = (new HashSet<long>(), new HashSet<long>(), new List<long>(), new List<long>());
        foreach (var batch in await BatchesAsync(7, 1))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    Take(batch, 0, row, 0, persons);
                    Take(batch, 1, row, 0, auctions);
                    Take(batch, 2, row, 0, bids);
                    Take(batch, 2, row, 1, bidders);
                }
            }
        }

        Assert.Equal(Enumerable.Range(1_000, EventCount / 50).Select(id => (long)id), persons.Order());
        Assert.Equal(Enumerable.Range(1_000, 3 * EventCount / 50).Select(id => (long)id), auctions.Order());
        Assert.All(bids, bid => Assert.Contains(bid, auctions));
        Assert.All(bidders, bidder => Assert.Contains(bidder, persons));
        Assert.InRange(bids.Count(bid => bid % 100 == 0), bids.Count * 4 / 10, bids.Count * 6 / 10);
        Assert.InRange(bidders.Count(bidder => bidder % 100 == 1), bidders.Count * 6 / 10, bidders.Count * 9 / 10);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task QueriesOneAndTwo_RunOverTheTable()
    {
        await using var engine = await EngineInstance.OpenAsync(null, Token);
        const string Table = "CREATE TABLE nexmark WITH (connector = 'nexmark', message_count = '5000', seed = '7', start_time_micros = '0');";

        var all = await StreamJobRun.RunAsync(Table + "SELECT bid.auction, bid.bidder, 0.908 * bid.price FROM nexmark WHERE bid IS NOT NULL", new WindowEvents(0, 0), engine, 2, Token);
        var some = await StreamJobRun.RunAsync(Table + "SELECT bid.auction, bid.price FROM nexmark WHERE bid IS NOT NULL AND bid.auction % 123 = 0", new WindowEvents(0, 0), engine, 2, Token);

        Assert.Equal(46 * EventCount / 50, all.Count);
        Assert.All(some, line => Assert.Equal(0, long.Parse(line.Split('|')[0], System.Globalization.CultureInfo.InvariantCulture) % 123));
        Assert.Equal(all.Count(line => long.Parse(line.Split('|')[0], System.Globalization.CultureInfo.InvariantCulture) % 123 == 0), some.Count);
    }

    private static void Take(RecordBatch batch, int column, int row, int field, ICollection<long> ids)
    {
        var rows = (StructArray)batch.Column(column);
        if (rows.IsValid(row))
        {
            var values = rows.Field(field);
            ids.Add(((Int64Array)values).Values[row]);
        }
    }

    private static async Task<List<string>> LinesAsync(long seed, uint parallelism)
    {
        var lines = new List<string>();
        foreach (var batch in await BatchesAsync(seed, parallelism))
        {
            using (batch)
            {
                lines.AddRange(Formats.DecodedRows.Lines(batch));
            }
        }

        return lines;
    }

    private static async Task<IReadOnlyList<RecordBatch>> BatchesAsync(long seed, uint parallelism)
    {
        using var rows = new RowCollector();
        var registry = new OperatorRegistry().AddKnown().Add(CollectSink.Kind, _ => new CollectSink(rows));
        var config = new NexmarkConfig { Seed = seed, EventCount = EventCount, EventTimeIntervalMicros = 100, StartTimeMicros = 0 };
        var program = Jobs.Of(
            [Jobs.Node(1, parallelism, Jobs.Op("s", NexmarkSource.Kind, NexmarkSource.Schema, config)), Jobs.Node(2, parallelism, Jobs.Op("k", CollectSink.Kind))], Jobs.Edge(1, 2));
        await using var runner = new LocalRunner(Jobs.Setup(program, registry));
        await runner.RunAsync(Token);
        return rows.Take();
    }
}
