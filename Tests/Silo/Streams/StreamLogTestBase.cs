using OrleansFlow.Arrow;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Streams;

/// <summary>A log in a folder of its own, and what tests do with it.</summary>
public abstract class StreamLogTestBase : IDisposable
{
    private protected TempFolder Temp { get; } = new();
    private protected ManualTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected string Folder => Temp.Combine("log", "name", "id");

    public void Dispose()
    {
        Temp.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static void Check((long Offset, RecordBatch Batch) read, long offset, int rows)
    {
        using (read.Batch)
        {
            Assert.Equal((offset, rows), (read.Offset, read.Batch.RowCount));
        }
    }

    private protected StreamLog Log(Action<StreamGatewayOptions>? configure = null)
    {
        var options = new StreamGatewayOptions();
        configure?.Invoke(options);
        return new StreamLog(Folder, "name", NumbersHandler.Schema, options, Clock);
    }

    private protected static async Task<long> AppendAsync(StreamLog log, int rows)
    {
        using var batch = NumbersHandler.Batch(0, rows);
        return await log.AppendAsync([batch], Token);
    }

    private protected static async Task<string> ReadAsync(StreamLog log, long from, long to)
    {
        var parts = new List<string>();
        await foreach (var (offset, batch) in log.ReadAsync(from, to, Token))
        {
            using (batch)
            {
                parts.Add($"{offset}-{offset + batch.RowCount - 1}");
            }
        }

        return string.Join(',', parts);
    }

    private protected static async Task<long> CountAsync(StreamLog log, long from, long to)
    {
        var next = from;
        await foreach (var (offset, batch) in log.ReadAsync(from, to, Token))
        {
            using (batch)
            {
                Assert.Equal(next, offset);
                next += batch.RowCount;
            }
        }

        return next - from;
    }
}
