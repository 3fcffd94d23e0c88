using OrleansFlow.Errors;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>The stores of checkpoints by their URL. Each is opened once and stays open; thread-safe.</summary>
/// <param name="clock">The time.</param>
/// <param name="open">Opens a store; null, the default: as its URL says.</param>
internal sealed class JobStores(TimeProvider clock, Func<string, IObjectStore>? open = null) : IDisposable
{
    /// <summary>Stores at most; a further one is refused.</summary>
    private const int StoresMax = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, IObjectStore> _stores = new(StringComparer.Ordinal);
    private bool _isDisposed;

    /// <summary>The store at a URL; it stays this object's.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: there can be none; <c>limit_exceeded</c>: too many different ones are in use.</exception>
    public IObjectStore Open(string url)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_stores.TryGetValue(url, out var known))
            {
                return known;
            }

            if (_stores.Count >= StoresMax)
            {
                throw new FlowException(FlowErrorCode.LimitExceeded, $"Checkpoints of this silo's jobs are in {StoresMax} stores, which is the most; '{url}' would be one more. Keep jobs in folders of fewer stores.");
            }

            return _stores[url] = open?.Invoke(url) ?? ObjectStores.Open(url, clock);
        }
    }

    /// <summary>The checkpoints of a job; its folder has its name.</summary>
    public CheckpointStore Of(string url, string jobId) => new(Open(url), jobId);

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (var store in _stores.Values)
            {
                store.Dispose();
            }
        }
    }
}
