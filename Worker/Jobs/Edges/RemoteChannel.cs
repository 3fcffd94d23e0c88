using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Worker.Jobs.Edges;

/// <summary>
/// The sending end of a channel to a subtask of another worker: a stream of its own, with batches and signals in their order. What is written waits for the peer to
/// read; beyond its queue only the sockets' buffers and two batches lie between.
/// </summary>
/// <param name="stream">Owned from now on.</param>
/// <param name="peer">The other worker, for messages.</param>
/// <param name="capacityRows">Rows of the peer's queue.</param>
/// <param name="clock">The time.</param>
internal sealed class RemoteChannel(ExchangeStream stream, string peer, int capacityRows, TimeProvider clock) : ISubtaskChannel
{
    private int _isWriting;
    private long _writingBytes;
    private bool _isLastSent;

    public int CapacityRows => capacityRows;

    /// <summary>The peer's queue is not seen from here; a write that waits says that it is full.</summary>
    public int RemainingRows => Volatile.Read(ref _isWriting) == 0 ? capacityRows : 0;

    /// <summary>As the rows: what waits to be written.</summary>
    public long QueuedBytes => Volatile.Read(ref _writingBytes);

    public async ValueTask<bool> WriteAsync(StreamMessage message, CancellationToken cancellationToken)
    {
        using var batch = message.Batch;
        Volatile.Write(ref _writingBytes, batch?.ByteCount ?? 0);
        Volatile.Write(ref _isWriting, 1);
        try
        {
            if (batch is not null)
            {
                await stream.WriteAsync(batch, cancellationToken: cancellationToken);
            }
            else
            {
                await stream.WriteMetadataAsync(EdgeSignals.Write(message), cancellationToken);
                _isLastSent |= EdgeSignals.IsLast(message);
            }

            return true;
        }
        catch (RpcException exception) when (exception.Status.Code == RpcStatusCode.Cancelled)
        {
            // The peer ended the stream well: its subtask reads no more.
            return false;
        }
        catch (RpcException exception)
        {
            // If the peer failed by itself, that is the job's failure, and the job ends here before this one is told.
            await Task.Delay(JobEdges.BlamePatience, clock, cancellationToken);
            throw JobEdges.Broken(peer, exception);
        }
        finally
        {
            Volatile.Write(ref _writingBytes, 0);
            Volatile.Write(ref _isWriting, 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isLastSent)
        {
            try
            {
                await stream.CompleteAsync(CancellationToken.None);
            }
            catch (Exception exception) when (exception is RpcException or InvalidOperationException)
            {
                // The peer has gone already; it has all that it needs.
            }
        }

        await stream.DisposeAsync();
    }
}
