using System.Diagnostics.CodeAnalysis;
using Orleans.Streams;
using OrleansFlow.Streaming.Connectors.Streams;

namespace OrleansFlow.Silo.EventStreams;

/// <summary>
/// Hands the events of a subscription on, each once. A subscription that is rewound begins with the event of its token, which was taken, and a delivery that took too long
/// comes again while the first one still waits for room: so events are taken one at a time, and those up to the last one are passed over.
/// </summary>
/// <param name="receiver">Takes them.</param>
/// <param name="write">An event as a record.</param>
/// <param name="behind">The last event that is not wanted; null for none.</param>
[SuppressMessage("Design", "CA1001", Justification = "A delivery may come after the end of the subscription, so that nobody may dispose the semaphore; it holds no handle unless one is asked for.")]
internal sealed class OrleansObserver<T>(IEventReceiver receiver, Func<T, ReadOnlyMemory<byte>> write, StreamSequenceToken? behind) : IAsyncObserver<T>
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private StreamSequenceToken? _last = behind;

    public async Task OnNextAsync(T item, StreamSequenceToken? token = null)
    {
        await _turn.WaitAsync();
        try
        {
            if (token is not null && _last is not null && token.CompareTo(_last) <= 0)
            {
                return;
            }

            if (TryWrite(item, out var record) is { } failure)
            {
                await receiver.FailAsync(failure, isGap: false);
                return;
            }

            await receiver.TakeAsync(record, token);
            _last = token ?? _last;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task OnCompletedAsync() => await receiver.EndAsync();

    public async Task OnErrorAsync(Exception ex) => await receiver.FailAsync(ex, isGap: ex is DataNotAvailableException);

    /// <summary>What the host's code throws fails the job: the event would come again without end.</summary>
    private Exception? TryWrite(T item, out ReadOnlyMemory<byte> record)
    {
        record = default;
        try
        {
            record = write(item);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }
}
