using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>The statements that are being read here, and those that were cancelled before: by the id of their ticket. Thread-safe.</summary>
internal sealed class RunningQueries
{
    // A cancelled ticket that is older than so many others can be redeemed again, until it expires.
    private const int CancelledMax = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<CancellationTokenSource>> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _cancelled = new(StringComparer.Ordinal);
    private readonly Queue<string> _cancelledByAge = new();

    /// <summary>Says that a statement runs.</summary>
    /// <exception cref="FlowException"><c>cancelled</c>: its ticket was.</exception>
    public Registration Enter(string id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfCancelledWhileLocked(id);
            var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (!_running.TryGetValue(id, out var sources))
            {
                _running[id] = sources = [];
            }

            sources.Add(source);
            return new Registration(this, id, source);
        }
    }

    /// <summary>Stops whatever runs with a ticket and refuses it from now on.</summary>
    public void Cancel(string id)
    {
        CancellationTokenSource[] running;
        lock (_gate)
        {
            if (_cancelled.Add(id))
            {
                _cancelledByAge.Enqueue(id);
                if (_cancelledByAge.Count > CancelledMax)
                {
                    _cancelled.Remove(_cancelledByAge.Dequeue());
                }
            }

            running = _running.TryGetValue(id, out var sources) ? [.. sources] : [];
        }

        foreach (var source in running)
        {
            try
            {
                source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It ended just now.
            }
        }
    }

    private void ThrowIfCancelledWhileLocked(string id)
    {
        if (_cancelled.Contains(id))
        {
            throw new FlowException(FlowErrorCode.Cancelled, "The query of this ticket was cancelled. Ask GetFlightInfo for a new one.");
        }
    }

    private bool IsCancelled(string id)
    {
        lock (_gate)
        {
            return _cancelled.Contains(id);
        }
    }

    private void Leave(string id, CancellationTokenSource source)
    {
        lock (_gate)
        {
            if (_running.TryGetValue(id, out var sources) && sources.Remove(source) && sources.Count == 0)
            {
                _running.Remove(id);
            }
        }

        source.Dispose();
    }

    /// <summary>A statement that runs.</summary>
    internal sealed class Registration(RunningQueries owner, string id, CancellationTokenSource source) : IDisposable
    {
        private int _left;

        /// <summary>Fires when the query is cancelled, by its caller or by anybody with its ticket.</summary>
        public CancellationToken Token { get; } = source.Token;

        /// <summary>Whether somebody cancelled it by its ticket.</summary>
        public bool IsCancelled => owner.IsCancelled(id);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                owner.Leave(id, source);
            }
        }
    }
}
