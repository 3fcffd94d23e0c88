using Orleans.Streams;
using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Grains.Events;

/// <summary>Publishes facts after their commit, in order, as many at once as there are; tries again, ever more slowly, while the stream does not take them.</summary>
/// <remarks>Used by one grain inside its turns. Never keeps anybody waiting: what others are owed goes its own way.</remarks>
/// <param name="stream">Where they go.</param>
/// <param name="clock">Clock of the waits.</param>
/// <param name="failed">Gets each failure.</param>
/// <param name="stopped">Ends with the activation; what was not published is published by the next one, where it is stored.</param>
internal sealed class FactOutbox<T>(IAsyncStream<T> stream, TimeProvider clock, Action<Exception> failed, CancellationToken stopped)
{
    /// <summary>Facts that wait at most: the oldest leave when the stream takes none for long. A reader sees the gap by nothing but what it misses, so the number is large.</summary>
    public const int WaitingMax = 16_384;

    private const int BatchMax = 512;
    private readonly List<T> _waiting = [];
    private int _ready;
    private int _inFlight;
    private bool _isStopped;
    private bool _isRunning;

    /// <summary>Facts that are not known as published, oldest first.</summary>
    public IReadOnlyList<T> Waiting => _waiting;

    /// <summary>Completes when it rests: everything is published, or the activation ends.</summary>
    public Task Publishing { get; private set; } = Task.CompletedTask;

    /// <summary>Adds facts; published once <see cref="Release"/> is called.</summary>
    public void Add(IEnumerable<T> facts)
    {
        _waiting.AddRange(facts);
        if (_waiting.Count - _inFlight > WaitingMax)
        {
            var surplus = _waiting.Count - _inFlight - WaitingMax;
            _waiting.RemoveRange(_inFlight, surplus);
            _ready = Math.Max(_inFlight, _ready - surplus);
        }
    }

    /// <summary>Publishes nothing more than what is under way.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>All that was added is committed.</summary>
    public void Release()
    {
        _ready = _waiting.Count;
        if (_ready > 0 && !_isRunning)
        {
            _isRunning = true;
            Publishing = PublishAsync();
        }
    }

    private async Task PublishAsync()
    {
        // Leaves the turn of the commit first.
        await Task.Yield();
        var retry = new DeliveryRetry(clock);
        try
        {
            while (_ready > 0 && !_isStopped && !stopped.IsCancellationRequested)
            {
                var batch = _waiting.GetRange(0, Math.Min(_ready, BatchMax));
                _inFlight = batch.Count;
                try
                {
                    await stream.OnNextBatchAsync(batch);
                    _inFlight = 0;
                    _waiting.RemoveRange(0, batch.Count);
                    _ready -= batch.Count;
                    retry.Reset();
                }
                catch (Exception exception) when (!stopped.IsCancellationRequested)
                {
                    failed(exception);
                    await retry.WaitAsync(stopped);
                }
            }
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // The activation ends.
        }
        finally
        {
            _isRunning = false;
        }
    }
}
