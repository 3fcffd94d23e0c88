using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client;

/// <summary>
/// Reads the endpoints of a flight: several at a time, in their order or as they come. Where a worker fails the next source goes on, where
/// the last source is lost it is read again.
/// </summary>
/// <param name="find">The sources of an endpoint, at least one, in the order in which they are tried.</param>
/// <param name="info">The flight.</param>
/// <param name="options">How.</param>
internal sealed class EndpointReader(Func<FlightEndpoint, IReadOnlyList<EndpointSource>> find, FlightInfo info, QueryOptions options)
{
    // Batches of one endpoint that wait for the reader, and in all where no order is kept.
    private const int WaitingMax = 2;

    private long _rows;
    private int _endpointsRead;

    /// <summary>The batches. Whoever enumerates owns each.</summary>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batches = options.ParallelEndpoints == 1 || info.Endpoints.Count < 2
            ? SequentialAsync(cancellationToken)
            : ParallelAsync(cancellationToken);
        await foreach (var batch in batches.ConfigureAwait(false))
        {
            _rows += batch.RowCount;
            options.Progress?.Report(new QueryProgress(_rows, info.TotalRecords, Volatile.Read(ref _endpointsRead), info.Endpoints.Count));
            yield return batch;
        }

        options.Progress?.Report(new QueryProgress(_rows, info.TotalRecords, info.Endpoints.Count, info.Endpoints.Count));
    }

    private async IAsyncEnumerable<RecordBatch> SequentialAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var endpoint in info.Endpoints)
        {
            await foreach (var batch in OneAsync(endpoint, cancellationToken).ConfigureAwait(false))
            {
                yield return batch;
            }
        }
    }

    private async IAsyncEnumerable<RecordBatch> ParallelAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var turns = new SemaphoreSlim(options.ParallelEndpoints);
        var shared = options.IsOrdered ? null : NewChannel();
        var channels = info.Endpoints.Select(_ => shared ?? NewChannel()).ToList();
        var pumping = PumpAllAsync(channels, shared, turns, stop.Token);
        try
        {
            foreach (var channel in shared is null ? channels : [shared])
            {
                await foreach (var batch in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                {
                    yield return batch;
                }
            }

            await pumping.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await pumping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var channel in channels)
            {
                while (channel.Reader.TryRead(out var left))
                {
                    left.Dispose();
                }
            }
        }
    }

    private static Channel<RecordBatch> NewChannel() => Channel.CreateBounded<RecordBatch>(WaitingMax);

    private async Task PumpAllAsync(List<Channel<RecordBatch>> channels, Channel<RecordBatch>? shared, SemaphoreSlim turns, CancellationToken cancellationToken)
    {
        var pumps = new List<Task>();
        Exception? failure = null;
        try
        {
            // Turns are given in the order of the endpoints: whoever is awaited first never waits for one behind it.
            for (var index = 0; index < channels.Count; index++)
            {
                await turns.WaitAsync(cancellationToken).ConfigureAwait(false);
                pumps.Add(PumpAsync(info.Endpoints[index], channels[index].Writer, completes: shared is null, turns, cancellationToken));
            }
        }
        catch (OperationCanceledException exception)
        {
            failure = exception;
        }

        try
        {
            await Task.WhenAll(pumps).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure = exception;
            throw;
        }
        finally
        {
            foreach (var channel in channels)
            {
                channel.Writer.TryComplete(failure);
            }
        }
    }

    private async Task PumpAsync(FlightEndpoint endpoint, ChannelWriter<RecordBatch> writer, bool completes, SemaphoreSlim turns, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var batch in OneAsync(endpoint, cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    await writer.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                }
                catch
                {
                    batch.Dispose();
                    throw;
                }
            }

            if (completes)
            {
                writer.TryComplete();
            }
        }
        catch (Exception exception)
        {
            writer.TryComplete(exception);
            throw;
        }
        finally
        {
            turns.Release();
        }
    }

    private async IAsyncEnumerable<RecordBatch> OneAsync(FlightEndpoint endpoint, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var given = 0;
        var attempt = 0;
        var sources = find(endpoint);
        for (var index = 0; ;)
        {
            var skip = given;
            var source = sources[index];
            var batches = source.Open(cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var _ = batches.ConfigureAwait(false);
            while (true)
            {
                try
                {
                    if (!await batches.MoveNextAsync().ConfigureAwait(false))
                    {
                        Interlocked.Increment(ref _endpointsRead);
                        yield break;
                    }
                }
                catch (RpcException exception) when ((given == 0 || info.IsOrdered) && exception.Code != RpcStatusCode.Cancelled && index < sources.Count - 1)
                {
                    // Whatever a worker says, the gateway may still have the data, and its answer is the one that counts.
                    source.OnFailed(exception);
                    index++;
                    break;
                }
                catch (RpcException exception) when ((given == 0 || info.IsOrdered) && exception.Code == RpcStatusCode.Unavailable && attempt < options.RetriesPerEndpoint)
                {
                    attempt++;
                    break;
                }

                if (skip > 0)
                {
                    // Given out before the connection was lost.
                    skip--;
                    batches.Current.Dispose();
                    continue;
                }

                given++;
                yield return batches.Current;
            }
        }
    }
}

/// <summary>One server that gives out an endpoint's data.</summary>
/// <param name="Open">Starts to read; called again for each retry.</param>
/// <param name="OnFailed">Is told why the next source is tried instead.</param>
internal sealed record EndpointSource(Func<CancellationToken, IAsyncEnumerable<RecordBatch>> Open, Action<RpcException> OnFailed);
