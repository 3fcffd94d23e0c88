using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Udfs;

/// <summary>What functions failed with. The engine tells the message of a failure only, so that its code is found by that. Thread-safe.</summary>
internal sealed class FunctionFailures
{
    // A failure is looked for at once, by the subtask whose call it was.
    private const int KeptMax = 64;

    private readonly Lock _gate = new();
    private readonly Queue<FlowException> _kept = new();

    /// <summary>Keeps a failure, to be thrown by the caller.</summary>
    public FlowException Keep(FlowException failure)
    {
        lock (_gate)
        {
            _kept.Enqueue(failure);
            if (_kept.Count > KeptMax)
            {
                _kept.Dequeue();
            }
        }

        return failure;
    }

    /// <summary>The failure that a message tells; null when it is none of a function's.</summary>
    public FlowException? TryFind(string message)
    {
        lock (_gate)
        {
            return _kept.LastOrDefault(failure => message.Contains(failure.Message, StringComparison.Ordinal));
        }
    }
}
