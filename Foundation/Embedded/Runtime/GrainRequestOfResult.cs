using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Orleans.Embedded;

/// <summary>A call that answers with a value.</summary>
/// <typeparam name="TResult">The value.</typeparam>
[SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "Results are read where the call has ended.")]
[SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "The call is awaited by its continuation, not by an await.")]
public abstract partial class GrainRequest<TResult> : GrainRequest, IValueTaskSource<TResult>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<TResult> _source = new() { RunContinuationsAsynchronously = true };
    private TaskCompletionSource<TResult>? _task;
    private ConfiguredRun _run;
    private Action? _whenRun;

    /// <summary>Creates a request; for generated code.</summary>
    protected GrainRequest()
    {
    }

    /// <summary>Calls the method.</summary>
    /// <param name="target">The grain.</param>
    /// <returns>The method's own task.</returns>
    protected abstract ValueTask<TResult> Run(object target);

    TResult IValueTaskSource<TResult>.GetResult(short token) => TakeResult(token);

    void IValueTaskSource.GetResult(short token) => TakeResult(token);

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _source.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        ContinueWith(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        ContinueWith(continuation, state, token, flags);

    // Must be taken before the request is sent: afterwards it may already be answered and reused.
    internal Task<TResult> AsTask(EmbeddedCluster? cluster) =>
        (_task = new TaskCompletionSource<TResult>(cluster?.ContinuationOptions ?? TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    internal ValueTask<TResult> AsValueTask(EmbeddedCluster? cluster)
    {
        _source.RunContinuationsAsynchronously = cluster?.Simulation is null;
        return new ValueTask<TResult>(this, _source.Version);
    }

    internal ValueTask AsVoidValueTask(EmbeddedCluster? cluster)
    {
        _source.RunContinuationsAsynchronously = cluster?.Simulation is null;
        return new ValueTask(this, _source.Version);
    }

    internal sealed override GrainRequest<TResult> CloneUnsent()
    {
        var clone = (GrainRequest<TResult>)base.CloneUnsent();
        clone._whenRun = null;
        clone._callerTurn = null;
        return clone;
    }

    internal override async ValueTask<object?> RunUntyped(object target) => await Run(target);

    internal override void StartOn(Activation activation)
    {
        ValueTask<TResult> run;
        try
        {
            run = activation.IncomingFilters.Length == 0 || _reference is null ? Run(activation.TargetOf(this)) : RunFiltered(activation);
        }
        catch (Exception exception)
        {
            Finish(activation, exception);
            return;
        }

        var awaiter = run.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            Finish(activation, awaiter);
            return;
        }

        // The rest runs in the activation's turn, whose scheduler is current here.
        _run = new ConfiguredRun(activation, awaiter);
        awaiter.UnsafeOnCompleted(_whenRun ??= WhenRun);
    }

    internal override void DeliverFailure(Exception exception)
    {
        if (_task is { } task)
        {
            _task = null;
            if (exception is OperationCanceledException canceled)
            {
                // A task that ends so is cancelled, not faulted, and keeps the exception.
                task.TrySetFromTask(ThrowAsync(canceled));
            }
            else
            {
                task.TrySetException(exception);
            }

            ReleaseOwner();
        }
        else
        {
            _source.SetException(exception);
        }
    }

    internal virtual TResult Isolate(TResult result) => Isolation.Copy(result);

    internal virtual void OnFinished(Activation activation, Exception? exception)
    {
    }

    private static Task<TResult> ThrowAsync(OperationCanceledException exception)
    {
        // Through a builder, which knows how to make a cancelled task of an exception.
        var builder = AsyncTaskMethodBuilder<TResult>.Create();
        builder.SetException(exception);
        return builder.Task;
    }

    private async ValueTask<TResult> RunFiltered(Activation activation)
    {
        var call = new IncomingCall(this, activation);
        await call.Invoke();
        return call.Answer<TResult>();
    }

    private void WhenRun()
    {
        var run = _run;
        _run = default;
        Finish(run.Activation, run.Awaiter);
    }

    private void Finish(Activation activation, ValueTaskAwaiter<TResult> awaiter)
    {
        TResult result;
        try
        {
            result = Isolate(awaiter.GetResult());
        }
        catch (Exception exception)
        {
            Finish(activation, exception);
            return;
        }

        OnFinished(activation, null);
        activation.RequestDone(this);
        if (activation.Silo.Simulation is { } simulation && _reference is not null)
        {
            AnswerBy(simulation, activation, result);
        }
        else
        {
            Answer(result, activation);
        }
    }

    private void Finish(Activation activation, Exception exception)
    {
        activation.RequestFailed(this, exception);
        OnFinished(activation, exception);
        activation.RequestDone(this);
        if (activation.Silo.Simulation is { } simulation && _reference is not null)
        {
            AnswerBy(simulation, activation, exception);
        }
        else
        {
            Answer(exception);
        }
    }

    // Apart, so that only simulations pay for what the actions hold.
    private void AnswerBy(IClusterSimulation simulation, Activation activation, TResult result) =>
        simulation.Answer(this, activation, null, () => Answer(result, null), ReleaseOwner);

    private void AnswerBy(IClusterSimulation simulation, Activation activation, Exception exception) =>
        simulation.Answer(this, activation, exception, () => Answer(exception), ReleaseOwner);

    private void Answer(TResult result, Activation? activation)
    {
        if (TryMarkAnswered())
        {
            LeaveCallerLists();
            if (_task is { } task)
            {
                _task = null;
                task.TrySetResult(result);
                ReleaseOwner();
            }
            else if (activation is not null && activation.IsInTurn)
            {
                _heldResult = result;
                activation.HoldAnswer(this);
                return;
            }
            else
            {
                _source.SetResult(result);
            }
        }

        ReleaseOwner();
    }

    private void Answer(Exception exception)
    {
        TryFail(exception);
        ReleaseOwner();
    }

    private TResult TakeResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            _source.Reset();
            ReleaseOwner();
        }
    }

    private readonly record struct ConfiguredRun(Activation Activation, ValueTaskAwaiter<TResult> Awaiter);
}

/// <summary>A call that answers with no value.</summary>
[SuppressMessage("Usage", "VSTHRD103:Call async methods when in an async method", Justification = "Results are read where the call has ended.")]
public abstract class VoidGrainRequest : GrainRequest<Nothing>
{
    /// <summary>Calls the method.</summary>
    /// <param name="target">The grain.</param>
    /// <returns>The method's own task.</returns>
    protected abstract ValueTask RunVoid(object target);

    /// <inheritdoc/>
    protected sealed override ValueTask<Nothing> Run(object target)
    {
        var run = RunVoid(target);
        if (!run.IsCompletedSuccessfully)
        {
            return Wait(run);
        }

        // It has completed: this waits for nothing, it gives a pooled source back to its owner.
        run.GetAwaiter().GetResult();
        return default;
    }

    internal sealed override Nothing Isolate(Nothing result) => result;

    internal sealed override async ValueTask<object?> RunUntyped(object target)
    {
        await RunVoid(target);
        return null;
    }

    private static async ValueTask<Nothing> Wait(ValueTask run)
    {
        await run;
        return default;
    }
}

/// <summary>The answer of a method that answers with no value.</summary>
public readonly struct Nothing : IEquatable<Nothing>
{
    /// <summary>Always equal.</summary>
    public static bool operator ==(Nothing left, Nothing right) => true;

    /// <summary>Never different.</summary>
    public static bool operator !=(Nothing left, Nothing right) => false;

    /// <inheritdoc/>
    public bool Equals(Nothing other) => true;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Nothing;

    /// <inheritdoc/>
    public override int GetHashCode() => 0;
}
