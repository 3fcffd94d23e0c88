using System.Runtime.CompilerServices;

namespace OrleansFlow.Simulation.Workers;

/// <summary>One direction of a stream, at its receiving end.</summary>
internal sealed class SimulatedPipe<T>
{
    private readonly Queue<T> _messages = new();
    private TaskCompletionSource? _reader;
    private Exception? _error;
    private bool _isEnded;

    /// <summary>A message arrives.</summary>
    public void Deliver(T message)
    {
        if (!_isEnded)
        {
            _messages.Enqueue(message);
            Wake();
        }
    }

    /// <summary>The end arrives; what came before is still read.</summary>
    public void End(Exception? error)
    {
        if (!_isEnded)
        {
            _isEnded = true;
            _error = error;
            Wake();
        }
    }

    /// <summary>Everything that arrives, to the end.</summary>
    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_messages.TryDequeue(out var message))
            {
                yield return message;
                continue;
            }

            if (_isEnded)
            {
                if (_error is not null)
                {
                    throw _error;
                }

                yield break;
            }

            var arrival = _reader = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), arrival);
            await arrival.Task;
        }
    }

    private void Wake()
    {
        var reader = _reader;
        _reader = null;
        reader?.TrySetResult();
    }
}
