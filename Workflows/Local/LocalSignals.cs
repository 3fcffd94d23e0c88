using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Local;

/// <summary>Sends signals to one local run. Safe to use from several threads, before and during the run; each signal is used once, in order.</summary>
public sealed class LocalSignals
{
    /// <summary>Most signals that are kept for later.</summary>
    public const int MaxKept = WorkflowRunDecider.MaxSignals;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Name, Payload Payload)> _kept = new();
    private TaskCompletionSource _arrival = NewArrival();

    /// <summary>Completes when the next signal comes. Ask for it before looking for a signal, and none is missed.</summary>
    internal Task Arrival
    {
        get
        {
            lock (_gate)
            {
                return _arrival.Task;
            }
        }
    }

    /// <summary>Hands a signal to the node that has waited for it longest, or keeps it for the next one.</summary>
    /// <typeparam name="T">What it carries; has a JSON form.</typeparam>
    /// <param name="name">The signal's name.</param>
    /// <param name="value">What it carries.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.LimitExceeded"/>: <see cref="MaxKept"/> signals are kept that nobody has waited for.</exception>
    public void Send<T>(string name, T value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var payload = new Payload(JsonSerializer.SerializeToUtf8Bytes(value));
        TaskCompletionSource arrival;
        lock (_gate)
        {
            if (_kept.Count >= MaxKept)
            {
                throw new FlowException(FlowErrorCode.LimitExceeded, $"{MaxKept} signals that nobody has waited for are kept; signal '{name}' was not taken.");
            }

            _kept.AddLast((name, payload));
            (arrival, _arrival) = (_arrival, NewArrival());
        }

        arrival.SetResult();
    }

    /// <summary>Takes the oldest signal that somebody waits for.</summary>
    internal bool TryTake(Func<string, bool> wanted, [NotNullWhen(true)] out string? name, out Payload payload)
    {
        lock (_gate)
        {
            for (var node = _kept.First; node is not null; node = node.Next)
            {
                if (wanted(node.Value.Name))
                {
                    (name, payload) = node.Value;
                    _kept.Remove(node);
                    return true;
                }
            }
        }

        (name, payload) = (null, default);
        return false;
    }

    private static TaskCompletionSource NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
