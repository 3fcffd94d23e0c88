using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Windows;
using OrleansFlow.Tests.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Windows;

/// <summary>Goal: state from before a count of rows was shared with the one that was asked for comes back.</summary>
public sealed class PaneLogVersionTests
{
    private static readonly ArrowSchema Input = new(
        new ArrowField("key", ArrowType.Int64), new ArrowField("_timestamp", ArrowType.Timestamp(TimeUnit.Microsecond), isNullable: false));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StateOfVersion2_WithTheCountTwice_GivesTheSameCounts()
    {
        using var windows = Windows();
        var schema = new ArrowSchema([.. Enumerable.Range(0, 3).Select(place => new ArrowField($"c{place}", ArrowType.Int64)), windows.Table.Schema.Fields[^2], windows.Table.Schema.Fields[^1]]);
        var backend = new MemoryStateBackend();
        var before = backend.Open(new("w", 0, 1), null);
        var table = await before.OpenRowsAsync("t", new RowTableOptions { Kind = TableKind.Timed, Schema = schema, KeyColumns = [0], TimeColumn = 3, Version = 2 }, Token);
        using (var builder = new RecordBatchBuilder(schema))
        {
            builder.AppendRow(1L, 5L, 5L, 0L, false);
            builder.AppendRow(2L, 7L, 7L, 0L, false);
            builder.AppendRow(1L, 2L, 2L, 0L, true);
            table.Append(builder.Build());
        }

        var restored = OperatorStates.Merge("w", [await before.WriteAsync(1)]);
        var rows = await backend.Open(new("w", 0, 1), restored).OpenRowsAsync("t", windows.Table, Token);
        await foreach (var batch in rows.RestoreAsync(Token))
        {
            using (batch)
            {
                windows.Restore(batch);
            }
        }

        windows.FinishRestore(null);
        var counts = new SortedDictionary<long, long>();
        foreach (var batch in windows.Advance(long.MaxValue))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    counts.Add(batch.Column<Int64Array>(0).Values[row], batch.Column<Int64Array>(1).Values[row]);
                }
            }
        }

        Assert.Equal([(1, 7), (2, 7)], counts.Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void CountThatIsAskedFor_IsKeptOnce()
    {
        using var windows = Windows();

        Assert.Equal((3, 4), (windows.Table.Version, windows.Table.Schema.Fields.Count));
    }

    private static TumblingWindows Windows() => new(
        new WindowShape { Input = Input, TimeColumn = 1, KeyColumns = [0], Aggregates = [new AggregateSpec(AggregateKind.Count, null, null, ArrowType.Int64)], Names = ["count"] },
        TimeSpan.FromSeconds(1), ArrowAllocator.Default);
}
