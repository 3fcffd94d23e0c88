using Orleans.Storage;

namespace Orleans.Embedded;

/// <content>Which requests run, and which wait. All of it happens in the activation's turns.</content>
internal sealed partial class Activation
{
    private RequestList _waiting;
    private RequestList _running;
    private int _waitingReadOnlyCount;
    private int _blockingCount;
    private int _blockingReadOnlyCount;
    private Dictionary<Guid, int>? _reentrantSections;
    private ExecutionContext? _turnContext;

    internal bool IsIdle => _running.Count == 0 && _waiting.Count == 0;

    internal void EnterReentrantSection(Guid id)
    {
        _reentrantSections ??= [];
        _reentrantSections[id] = _reentrantSections.GetValueOrDefault(id) + 1;
        _checkWaiting = true;
    }

    internal void LeaveReentrantSection(Guid id)
    {
        if (_reentrantSections is null || !_reentrantSections.TryGetValue(id, out var count))
        {
            return;
        }

        if (count > 1)
        {
            _reentrantSections[id] = count - 1;
        }
        else
        {
            _reentrantSections.Remove(id);
        }
    }

    internal void Receive(GrainRequest request)
    {
        if (_dead)
        {
            Refuse(request, SiloGone());
            return;
        }

        switch (State)
        {
            case ActivationState.Valid:
                if (MayStart(request))
                {
                    Start(request);
                }
                else
                {
                    Wait(request);
                }

                break;
            case ActivationState.Invalid when _deactivationReason is { ReasonCode: DeactivationReasonCode.ActivationFailed, Exception: { } failure }:
                // It arrived for this attempt, so it gets its failure; another attempt is for the next call.
                Refuse(request, failure);
                break;
            case ActivationState.Invalid:
                PassOn(request);
                break;
            case ActivationState.Deactivating when !request.IsRedispatchable:
                PassOn(request);
                break;
            default:
                Wait(request);
                break;
        }
    }

    internal void CancelRequest(GrainRequest request, CancelWork work)
    {
        var target = Volatile.Read(ref request._target);
        if (!ReferenceEquals(target, this))
        {
            target?.Enqueue(work);
            return;
        }

        switch (request._place)
        {
            case RequestPlace.Waiting:
                RemoveWaiting(request);
                Drop(request);
                break;
            case RequestPlace.Running:
                request.CancelCallee();
                break;
            default:
                break;
        }
    }

    internal void RequestFailed(GrainRequest request, Exception exception)
    {
        if (exception is InconsistentStateException { IsSourceActivation: true } stale)
        {
            stale.IsSourceActivation = false;
            Deactivate(new DeactivationReason(
                DeactivationReasonCode.ApplicationError, exception, "Its state in memory is not the stored one; the next call reads it again."));
        }

        if (request.IsAnswered && request._reference is not null && exception is not OperationCanceledException)
        {
            LogUnseenFailure(request.ToString(), exception);
        }
    }

    internal void RequestDone(GrainRequest request)
    {
        if (request._place != RequestPlace.Running)
        {
            return;
        }

        RemoveRunning(request);
        CountLess(request);
        if (request.KeepsActivationAlive)
        {
            _lastUsedTick = _silo.Cluster.Timeouts.NowTick;
        }

        if (_waiting.Count != 0 || State == ActivationState.Deactivating)
        {
            _checkWaiting = true;
        }
        else if (State == ActivationState.Invalid && _running.Count == 0)
        {
            _silo.RemoveStraggler(this);
        }
    }

    private void StartWaiting()
    {
        while (_checkWaiting)
        {
            _checkWaiting = false;
            switch (State)
            {
                case ActivationState.Valid:
                    StartWaitingRequests();
                    break;
                case ActivationState.Deactivating when _running.Count == 0:
                    FinishDeactivation();
                    break;
                default:
                    break;
            }
        }
    }

    private void StartWaitingRequests()
    {
        var request = _waiting.First;
        while (request is not null && State == ActivationState.Valid)
        {
            var next = request._following;
            if (MayStart(request))
            {
                // A started request removes itself only, and never one that waits.
                RemoveWaiting(request);
                Start(request);
            }
            else if (OnlyInOrder())
            {
                return;
            }

            request = next;
        }
    }

    // Whether nothing behind a request that must wait could overtake it.
    private bool OnlyInOrder() =>
        _waitingReadOnlyCount == 0 && _class.MayInterleave is null && _reentrantSections is not { Count: > 0 };

    private bool MayStart(GrainRequest request)
    {
        if (_blockingCount == 0 || _class.IsReentrant)
        {
            return true;
        }

        var options = request.Method.Options;
        if ((options & GrainMethodOptions.AlwaysInterleave) != 0
            || ((options & GrainMethodOptions.ReadOnly) != 0 && _blockingReadOnlyCount == _blockingCount))
        {
            return true;
        }

        if (_reentrantSections is { Count: > 0 } sections
            && request._context is { } context
            && context.ReentrancyId != Guid.Empty
            && sections.ContainsKey(context.ReentrancyId))
        {
            return true;
        }

        return _class.MayInterleave is { } mayInterleave && request._reference is not null && MayInterleave(mayInterleave, request);
    }

    private void Start(GrainRequest request)
    {
        if (request.IsAnswered && (request.Method.Options & GrainMethodOptions.OneWay) == 0 && request._reference is not null)
        {
            // Its caller has stopped waiting.
            request._place = RequestPlace.None;
            Drop(request);
            return;
        }

        if (request._refusal is { } refusal)
        {
            request._refusal = null;
            request._place = RequestPlace.None;
            Refuse(request, refusal);
            return;
        }

        request._place = RequestPlace.Running;
        _running.Add(request);
        var options = request.Method.Options;
        if ((options & GrainMethodOptions.AlwaysInterleave) == 0)
        {
            _blockingCount++;
            if ((options & GrainMethodOptions.ReadOnly) != 0)
            {
                _blockingReadOnlyCount++;
            }
        }

        if (request._context is { } context)
        {
            RequestContext.Import(context);
        }

        request.StartOn(this);

        // What the grain set in the flow of control, and what the caller sent along, ends with the request.
        if (_turnContext is not null)
        {
            ExecutionContext.Restore(_turnContext);
        }
    }

    private void RemoveWaiting(GrainRequest request)
    {
        _waiting.Remove(request);
        request._place = RequestPlace.None;
        if ((request.Method.Options & GrainMethodOptions.ReadOnly) != 0)
        {
            _waitingReadOnlyCount--;
        }
    }

    private void RemoveRunning(GrainRequest request)
    {
        _running.Remove(request);
        request._place = RequestPlace.None;
        var options = request.Method.Options;
        if ((options & GrainMethodOptions.AlwaysInterleave) == 0)
        {
            _blockingCount--;
            if ((options & GrainMethodOptions.ReadOnly) != 0)
            {
                _blockingReadOnlyCount--;
            }
        }
    }
}
