namespace OrleansFlow.Client;

/// <summary>
/// Gathers what many callers send one by one. A call leaves at once while fewer than <see cref="CallsMax"/> are under way; what comes meanwhile leaves together
/// when one of them ends. So who is alone waits for nobody, and many callers share calls, commits and acknowledgements.
/// </summary>
/// <remarks>Thread-safe. Bounded by its callers: each waits for the answer to what it sent.</remarks>
/// <typeparam name="TItem">What is sent.</typeparam>
/// <typeparam name="TAnswer">What is answered to each.</typeparam>
/// <param name="send">Sends up to <see cref="GroupMax"/> and answers each. What it throws is the answer to those that it did not answer.</param>
/// <param name="charsOf">Characters of what makes an item large.</param>
/// <param name="mayShare">Whether an item may be in one call with the first of it; null: any may.</param>
internal sealed class CallGatherer<TItem, TAnswer>(
    Func<IReadOnlyList<CallGatherer<TItem, TAnswer>.Waiting>, Task> send, Func<TItem, int> charsOf, Func<TItem, TItem, bool>? mayShare = null)
{
    /// <summary>Two, so that one call's commit runs while the next one gathers.</summary>
    public const int CallsMax = 2;

    /// <summary>Most items of a call, as the gateway takes them.</summary>
    public const int GroupMax = 1_000;

    // Far below the largest message that a gateway takes (4 MiB is gRPC's usual limit), whatever the characters are.
    private const int GroupCharsMax = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private int _calls;

    /// <summary>Sends an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="cancellationToken">Stops waiting; it may have been sent.</param>
    public Task<TAnswer> SendAsync(TItem item, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<TAnswer>(cancellationToken);
        }

        var waiting = new Waiting(item, cancellationToken);
        var mustSend = false;
        lock (_gate)
        {
            _waiting.Enqueue(waiting);
            if (_calls < CallsMax)
            {
                _calls++;
                mustSend = true;
            }
        }

        if (mustSend)
        {
            // Owned by those who wait: it ends with the last of them, and what goes wrong is theirs.
            _ = SendAllAsync();
        }

        return waiting.Task.WaitAsync(cancellationToken);
    }

    private async Task SendAllAsync()
    {
        while (TryTake(out var group))
        {
            try
            {
                await send(group).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                group.ForEach(waiting => waiting.Fail(exception));
            }

            // Lets those who were answered come back with their next item first.
            await Task.Yield();
        }
    }

    private bool TryTake(out List<Waiting> group)
    {
        group = [];
        lock (_gate)
        {
            var chars = 0;
            while (group.Count < GroupMax && chars < GroupCharsMax && _waiting.TryPeek(out var next)
                && (group.Count == 0 || mayShare is null || mayShare(group[0].Item, next.Item)))
            {
                _waiting.Dequeue();
                if (!next.CancellationToken.IsCancellationRequested)
                {
                    group.Add(next);
                    chars += charsOf(next.Item);
                }
            }

            if (group.Count == 0)
            {
                _calls--;
            }

            return group.Count > 0;
        }
    }

    /// <summary>A caller who waits for his answer.</summary>
    internal sealed class Waiting(TItem item, CancellationToken cancellationToken) : TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TItem Item => item;

        public CancellationToken CancellationToken => cancellationToken;

        public void Fail(Exception exception)
        {
            // Seen here: a caller that has stopped waiting leaves no unobserved exception behind.
            TrySetException(exception);
            _ = Task.Exception;
        }
    }
}
