namespace Orleans.Embedded;

/// <summary>One object that grains can call: its requests run one after the other, in no grain's turn.</summary>
internal sealed class LocalObject(LocalObjects owner, string objectId, object target) : IThreadPoolWorkItem
{
    /// <summary>How many requests may wait; a further one fails with <see cref="LimitExceededException"/>.</summary>
    internal const int WaitingMax = 100_000;

    private readonly Lock _gate = new();
    private readonly WeakReference<object> _target = new(target);
    private readonly Queue<GrainRequest> _waiting = [];
    private bool _isRunning;

    public void Receive(GrainRequest request)
    {
        lock (_gate)
        {
            if (_waiting.Count < WaitingMax)
            {
                _waiting.Enqueue(request);
                if (_isRunning)
                {
                    return;
                }

                _isRunning = true;
            }
            else
            {
                request.TryFail(new LimitExceededException(
                    nameof(WaitingMax), _waiting.Count + 1, WaitingMax, $"Too many calls wait for the object {request._reference!.GrainId}."));
                request.ReleaseOwner();
                return;
            }
        }

        owner.Queue(this);
    }

    // Owned by _isRunning; every failure is answered or logged.
    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Runs what waits, until nothing does. Never throws.</summary>
    public async Task RunAsync()
    {
        while (TryTake(out var request))
        {
            await CallAsync(request);
        }
    }

    private async Task CallAsync(GrainRequest request)
    {
        // In a method of its own, so that neither the target nor the request context outlives the call.
        if (!_target.TryGetTarget(out var alive))
        {
            owner.Forget(objectId, this);
            owner.Drop(request);
            return;
        }

        if (request._context is { } context)
        {
            RequestContext.Import(context);
        }

        var isOneWay = request.IsAnswered;
        var text = isOneWay ? request.ToString() : "";
        if (await request.RunForObjectAsync(alive) is { } failure && isOneWay)
        {
            owner.LogFailed(text, failure);
        }
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out GrainRequest? request)
    {
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out request))
            {
                _isRunning = false;
                return false;
            }

            return true;
        }
    }
}
