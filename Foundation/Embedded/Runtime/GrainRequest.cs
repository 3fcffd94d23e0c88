using System.Reflection;
using Orleans.Serialization.Invocation;

namespace Orleans.Embedded;

/// <summary>A call on its way: the arguments, the method and the place where the answer goes. Generated code derives one class for each method.</summary>
/// <remarks>
/// It has up to two owners, the caller until it has the answer and the callee until it has finished; when both are done it goes back to its pool.
/// </remarks>
public abstract partial class GrainRequest : ActivationWork, IInvokable
{
    // Links of the activation's waiting or running list; only its turns touch them.
    internal GrainRequest? _previous;
    internal GrainRequest? _following;
    internal RequestPlace _place;

    // Links of the time-out list; guarded by its stripe's lock.
    internal GrainRequest? _timeoutPrevious;
    internal GrainRequest? _timeoutNext;
    internal TimeoutStripe? _timeoutStripe;
    internal long _deadlineTick;

    internal GrainReference? _reference;
    internal Activation? _caller;
    internal Activation? _target;
    internal RequestContextValues? _context;
    internal CancellationTokenSource? _calleeCancellation;
    internal TimeSpan _timeout;

    // Why it is not started although its turn has come.
    internal Exception? _refusal;

    private CancellationTokenRegistration _callerRegistration;
    private int _answered;
    private int _owners;

    // Somebody who cancels may still hold it, so it is left to the garbage collector.
    private bool _isKnownElsewhere;

    internal GrainRequest()
    {
    }

    /// <summary>What is constant about the method.</summary>
    public abstract GrainMethod Method { get; }

    /// <summary>Whether the method takes a cancellation token.</summary>
    public bool IsCancellable => (Method.Options & GrainMethodOptions.Cancellable) != 0;

    /// <summary>The token the callee sees.</summary>
    protected CancellationToken CalleeToken => _calleeCancellation?.Token ?? default;

    internal bool IsAnswered => Volatile.Read(ref _answered) != 0;

    internal virtual bool IsEnumeration => false;

    internal virtual bool KeepsActivationAlive => true;

    // Whether the request may be given to the grain's next activation when its target is gone before it was started.
    internal virtual bool IsRedispatchable => _reference is not null;

    /// <inheritdoc/>
    public virtual int GetArgumentCount() => 0;

    /// <inheritdoc/>
    public virtual object? GetArgument(int index) => throw new ArgumentOutOfRangeException(nameof(index));

    /// <inheritdoc/>
    public virtual void SetArgument(int index, object? value) => throw new ArgumentOutOfRangeException(nameof(index));

    /// <inheritdoc/>
    public string GetMethodName() => Method.Name;

    /// <inheritdoc/>
    public string GetInterfaceName() => Method.InterfaceName;

    /// <inheritdoc/>
    public string GetActivityName() => Method.ActivityName;

    /// <inheritdoc/>
    public Type GetInterfaceType() => Method.InterfaceType;

    /// <inheritdoc/>
    public MethodInfo GetMethod() => Method.Method;

    /// <inheritdoc/>
    public TimeSpan? GetDefaultResponseTimeout() => Method.ResponseTimeout;

    /// <inheritdoc/>
    public CancellationToken GetCancellationToken() => CalleeToken;

    /// <inheritdoc/>
    public void Dispose() => GC.SuppressFinalize(this);

    /// <inheritdoc/>
    public override string ToString() => _reference is null ? Method.ToString() : $"{Method} of {_reference.GrainId}";

    /// <summary>Forgets the arguments and goes back to the pool.</summary>
    protected virtual void Recycle()
    {
    }

    internal override void Execute(Activation activation) => activation.Receive(this);

    // Inline: on the thread that answers, which has nothing else to do.
    internal abstract void GiveHeldResult(bool isInline);

    internal abstract void StartOn(Activation activation);

    // Hands the failure to the caller; only for who has marked the request answered.
    internal abstract void DeliverFailure(Exception exception);

    internal abstract ValueTask<object?> RunUntyped(object target);

    // Runs and answers outside any activation; the failure, if any, is for the log.
    internal abstract ValueTask<Exception?> RunForObjectAsync(object target);

    internal void Prepare(GrainReference? reference, int owners)
    {
        _reference = reference;
        _owners = owners;

        // With nobody to answer, it counts as answered.
        _answered = owners == 1 ? 1 : 0;
    }

    // What is sent in place of a request that filters hold on to: a sent one forgets its arguments, and a filter may send again.
    internal virtual GrainRequest CloneUnsent() => (GrainRequest)MemberwiseClone();

    internal bool TryFail(Exception exception)
    {
        if (!TryMarkAnswered())
        {
            return false;
        }

        LeaveCallerLists();
        DeliverFailure(exception);
        return true;
    }

    // The time-out list has marked it answered and let go of it.
    internal void FailLate()
    {
        var cancellation = _calleeCancellation;
        var target = Volatile.Read(ref _target);
        var (remote, remoteId) = RemoteCall;
        var cancelCallee = cancellation is not null && (_reference?.Shared.Client.CancelOnTimeout ?? true);
        var text = $"No answer within {_timeout} to {this}. The call may still be running, or wait behind another request of the grain.";
        _isKnownElsewhere = true;
        LeaveCallerLists();
        DeliverFailure(new TimeoutException(text));
        remote?.Abandon(remoteId, cancelCallee);
        if (cancelCallee)
        {
            CancelAt(target);
        }
    }

    internal bool TryMarkAnswered() => Interlocked.CompareExchange(ref _answered, 1, 0) == 0;

    // After the answer is decided the time-out list and the caller's token have no business with this request any more.
    internal void LeaveCallerLists()
    {
        _timeoutStripe?.Remove(this);
        if (_callerRegistration != default)
        {
            // False: the callback runs in this moment, and may still try to cancel this request.
            _isKnownElsewhere |= !_callerRegistration.Unregister();
            _callerRegistration = default;
        }
    }

    internal void ObserveCaller(CancellationToken callerToken)
    {
        _calleeCancellation ??= new CancellationTokenSource();
        if (callerToken.CanBeCanceled)
        {
            _callerRegistration = callerToken.UnsafeRegister(
                static (state, token) => ((GrainRequest)state!).CancelByCaller(new OperationCanceledException(token)), this);
        }
    }

    internal void CancelByCaller(Exception exception)
    {
        if (TryMarkAnswered())
        {
            CancelMarked(exception);
        }
    }

    // Only for who has marked the request answered.
    internal void CancelMarked(Exception exception)
    {
        _isKnownElsewhere = true;
        LeaveCallerLists();
        DeliverFailure(exception);

        // Being answered, it is not started any more where it still waits; where it runs, its token tells.
        Interlocked.MemoryBarrier();
        if (_calleeCancellation is not null)
        {
            CancelAt(Volatile.Read(ref _target));
        }

        // Being known elsewhere it is never reused, so that its number is still its own.
        var (remote, remoteId) = RemoteCall;
        remote?.Abandon(remoteId, cancelCallee: true);
    }

    // An activation learns of it in its turn, an object outside of any at once.
    private void CancelAt(Activation? target)
    {
        if (target is not null)
        {
            target.Enqueue(new CancelWork(this));
        }
        else if (_reference?.Shared.GrainType == ClientRoutes.ClientType)
        {
            CancelCallee();
        }
    }

    internal virtual void CancelCallee() => _calleeCancellation?.Cancel();

    internal void ReleaseOwner()
    {
        if (Interlocked.Decrement(ref _owners) == 0 && !_isKnownElsewhere)
        {
            // The token ends with the call; the source serves the next one unless it was cancelled.
            if (_calleeCancellation is { } cancellation && !cancellation.TryReset())
            {
                _calleeCancellation = null;
            }

            _reference = null;
            _caller = null;
            _target = null;
            _context = null;
            if (_remotePeer is not null)
            {
                _remotePeer = null;
            }

            Recycle();
        }
    }
}

/// <summary>Where an activation keeps a request.</summary>
internal enum RequestPlace
{
    None,
    Waiting,
    Running,
    Detached,
}
