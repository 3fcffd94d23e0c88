using System.Threading.Tasks.Sources;

namespace Orleans.Embedded;

/// <content>How a caller that awaits goes on.</content>
public abstract partial class GrainRequest<TResult>
{
    private CallerTurn? _callerTurn;
    private TResult? _heldResult;

    internal sealed override void GiveHeldResult(bool isInline)
    {
        var result = _heldResult!;
        _heldResult = default;
        if (isInline)
        {
            _source.RunContinuationsAsynchronously = false;
        }

        _source.SetResult(result);
        ReleaseOwner();
    }

    private void ContinueWith(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        if (flags == ValueTaskSourceOnCompletedFlags.UseSchedulingContext
            && GrainExecution.Current is { } caller
            && caller.Silo.Simulation is null
            && SynchronizationContext.Current is null
            && ReferenceEquals(TaskScheduler.Current, caller))
        {
            // Queued from where the answer is given: that is no more than a link in the inbox, so it needs no thread of its own.
            _source.RunContinuationsAsynchronously = false;
            (_callerTurn ??= new CallerTurn()).Prepare(caller, continuation, state);
            _source.OnCompleted(CallerTurn.Queue, _callerTurn, token, ValueTaskSourceOnCompletedFlags.None);
            return;
        }

        _source.OnCompleted(continuation, state, token, flags);
    }
}
