namespace Orleans.Embedded;

/// <content>Requests that wait, and those that are not started here after all.</content>
internal sealed partial class Activation
{
    private void Wait(GrainRequest request)
    {
        if (_waiting.Count >= _silo.WaitingRequestsMax)
        {
            Refuse(request, new LimitExceededException(
                nameof(Configuration.SiloMessagingOptions.MaxEnqueuedRequestsHardLimit),
                _waiting.Count + 1,
                _silo.WaitingRequestsMax,
                $"Too many requests wait for grain {GrainId}; slow the callers down, or raise the limit."));
            return;
        }

        request._place = RequestPlace.Waiting;
        _waiting.Add(request);
        if ((request.Method.Options & GrainMethodOptions.ReadOnly) != 0)
        {
            _waitingReadOnlyCount++;
        }
    }

    // The activation is gone: the grain's next one takes the request, if it still makes sense there.
    private void PassOn(GrainRequest request)
    {
        request._place = RequestPlace.None;
        if (request.IsRedispatchable)
        {
            _silo.Cluster.Dispatch(request);
            return;
        }

        Refuse(request, new EnumerationAbortedException($"The activation of grain {GrainId} has ended; start the enumeration again."));
    }

    // Answers a request that was never started.
    private void Refuse(GrainRequest request, Exception exception)
    {
        request.TryFail(exception);
        Drop(request);
    }

    // For a request that was meant for this activation and is not started in it.
    internal void Drop(GrainRequest request)
    {
        CountLess(request);
        request.ReleaseOwner();
    }

    private void CountLess(GrainRequest request)
    {
        if (_class.IsStatelessWorker && request._reference is not null)
        {
            Interlocked.Decrement(ref StatelessLoad);
        }
    }

    private void FailAll(ref RequestList list, Exception exception, bool isRunning)
    {
        while (list.First is { } request)
        {
            if (isRunning)
            {
                RemoveRunning(request);
                request._place = RequestPlace.Detached;
            }
            else
            {
                RemoveWaiting(request);
            }

            request.TryFail(exception);
            if (!isRunning)
            {
                request.ReleaseOwner();
            }
        }
    }

    private SiloUnavailableException SiloGone() =>
        new($"Silo {_silo.SiloAddress}, which served grain {GrainId}, is gone. Whether the call took effect is not known; repeat it if that is safe.");
}
