using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Flight.Exchange;

/// <summary>Goal: a batch leaves from where it lies.</summary>
public sealed class ExchangeCopyTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [InlineData(ExchangeHost.Unix)]
    [InlineData(ExchangeHost.Tcp)]
    public async Task Write_OfALargeBatch_CopiesNothing(string kind)
    {
        const int Rows = 1_000_000;
        ExchangeHost host = null!;
        host = ExchangeHost.Start(kind, call => call.Stream.WaitForEndAsync(call.CancellationToken));
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("id", ArrowType.Int64, isNullable: false)), ArrowAllocator.Default);
        for (var row = 0L; row < Rows; row++)
        {
            builder.Column<Int64Builder>(0).Append(row);
        }

        using var batch = builder.Build();
        await using (var stream = await host.OpenAsync())
        {
            await stream.WriteAsync(batch, cancellationToken: Token);

            // Other tests of this process allocate meanwhile, so the least of some writes counts: a copy would be made by each of them.
            var allocated = long.MaxValue;
            for (var write = 0; write < 10; write++)
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                await stream.WriteAsync(batch, cancellationToken: Token);
                allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
            }

            // The receiver is in this process, too, and keeps bodies outside of the managed heap; a copy of this side would be 8 MB.
            Assert.InRange(allocated, 0, Rows * sizeof(long) / 4);
            Assert.Equal(0, host.ClientMemory.TotalBuffers);
            await stream.CompleteAsync(Token);
            await stream.WaitForEndAsync(Token);
        }

        await host.StopAndCountAsync();
    }
}
