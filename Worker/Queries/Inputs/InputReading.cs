using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Flight;

namespace OrleansFlow.Worker.Queries.Inputs;

/// <summary>
/// One reading of an input: all its sources are read side by side from the start, each some batches ahead and no more. Sorted sources are merged;
/// the rows of others come as they come.
/// </summary>
internal sealed class InputReading : IAsyncDisposable
{
    private readonly Channel<RecordBatch>[] _channels;
    private readonly SortKey[] _order;
    private readonly TaskMeasure _measure;
    private readonly TimeProvider _clock;
    private readonly Action<Exception> _onFailed;
    private readonly CancellationTokenSource _stop;
    private readonly TaskCompletionSource<ArrowSchema> _schema = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _pumps;
    private int _live;

    /// <summary>Starts to read.</summary>
    /// <param name="sources">At least one; each is opened once.</param>
    /// <param name="order">The order of each source; empty for none.</param>
    /// <param name="aheadPerSource">Batches that wait for the reader, for each source.</param>
    /// <param name="measure">Counts what comes in.</param>
    /// <param name="clock">Measures waiting.</param>
    /// <param name="onFailed">Hears of the first failure before the reader does; not of a cancellation.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public InputReading(
        IReadOnlyList<Func<CancellationToken, Task<FlightStream>>> sources,
        SortKey[] order,
        int aheadPerSource,
        TaskMeasure measure,
        TimeProvider clock,
        Action<Exception> onFailed,
        CancellationToken cancellationToken)
    {
        _onFailed = onFailed;
        _order = order;
        _measure = measure;
        _clock = clock;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _live = sources.Count;
        var isMerged = order.Length > 0 && sources.Count > 1;
        _channels = new Channel<RecordBatch>[isMerged ? sources.Count : 1];
        for (var index = 0; index < _channels.Length; index++)
        {
            _channels[index] = Channel.CreateBounded<RecordBatch>(
                new BoundedChannelOptions(isMerged ? aheadPerSource : aheadPerSource * sources.Count) { SingleReader = true, SingleWriter = isMerged });
        }

        _pumps = Task.WhenAll(sources.Select((open, index) => PumpAsync(open, _channels[isMerged ? index : 0].Writer, isMerged)));
    }

    /// <summary>The columns, as the first source that answers says.</summary>
    public Task<ArrowSchema> GetSchemaAsync(CancellationToken cancellationToken) => _schema.Task.WaitAsync(cancellationToken);

    /// <summary>The rows; once. The batches are the caller's.</summary>
    public IAsyncEnumerable<RecordBatch> ReadAllAsync(CancellationToken cancellationToken) => _channels.Length == 1 ? ReadPlainAsync(cancellationToken) : ReadMergedAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pumps.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var channel in _channels)
        {
            channel.Writer.TryComplete();
            while (channel.Reader.TryRead(out var batch))
            {
                batch.Dispose();
            }
        }

        // Nobody may be left to look at it.
        _ = _schema.Task.Exception;
        _schema.TrySetCanceled(CancellationToken.None);
        _stop.Dispose();
    }

    private async Task PumpAsync(Func<CancellationToken, Task<FlightStream>> openAsync, ChannelWriter<RecordBatch> writer, bool isAlone)
    {
        try
        {
            // Opening in memory may do much before its first wait; the others are to start too.
            await Task.Yield();
            await using var stream = await openAsync(_stop.Token);
            _schema.TrySetResult(stream.Schema);
            await foreach (var element in stream.Batches.WithCancellation(_stop.Token))
            {
                if (element.Batch is { } batch)
                {
                    _measure.AddIn(batch.RowCount, batch.ByteCount);
                    await WriteAsync(writer, batch);
                }
            }

            if (Interlocked.Decrement(ref _live) == 0 || isAlone)
            {
                writer.TryComplete();
            }
        }
        catch (Exception exception)
        {
            // One source less makes the whole input worthless: the reader learns why, and the other sources stop.
            if (!_stop.IsCancellationRequested)
            {
                _onFailed(exception);
            }

            _schema.TrySetException(exception);
            foreach (var channel in _channels)
            {
                channel.Writer.TryComplete(exception);
            }

            await _stop.CancelAsync();
        }
    }

    private async ValueTask WriteAsync(ChannelWriter<RecordBatch> writer, RecordBatch batch)
    {
        try
        {
            await writer.WriteAsync(batch, _stop.Token);
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    private async IAsyncEnumerable<RecordBatch> ReadPlainAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await NextAsync(_channels[0].Reader, cancellationToken) is { } batch)
        {
            yield return batch;
        }
    }

    private async IAsyncEnumerable<RecordBatch> ReadMergedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var merge = new SortedMerge(_channels.Length, _order);
        while (true)
        {
            while (merge.Wanted is >= 0 and var wanted)
            {
                if (await NextAsync(_channels[wanted].Reader, cancellationToken) is { } batch)
                {
                    merge.Feed(wanted, batch);
                }
                else
                {
                    merge.End(wanted);
                }
            }

            if (merge.Next() is not { } merged)
            {
                break;
            }

            yield return merged;
        }
    }

    private async ValueTask<RecordBatch?> NextAsync(ChannelReader<RecordBatch> reader, CancellationToken cancellationToken)
    {
        if (reader.TryRead(out var ready))
        {
            return ready;
        }

        var startedAt = _clock.GetTimestamp();
        try
        {
            return await reader.WaitToReadAsync(cancellationToken) && reader.TryRead(out var batch) ? batch : null;
        }
        finally
        {
            _measure.AddInputWait(_clock.GetElapsedTime(startedAt));
        }
    }
}
