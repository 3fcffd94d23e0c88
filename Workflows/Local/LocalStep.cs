using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Local;

/// <summary>A user's node within one local run.</summary>
/// <remarks>
/// The path of a node that completes at once and says Next allocates nothing: the payload stays in queues of its own type. Closures and state
/// machines are in methods of their own, which only the other paths enter.
/// </remarks>
internal sealed class LocalStep<TIn, TOut, TContext>(LocalRun<TContext> run, int index, CompiledNode compiled, INode<TIn, TOut, TContext> node)
    : LocalNode<TContext>(run, index, compiled), ILocalInput<TIn>
{
    private readonly Queue<TIn> _inputs = new();
    private readonly Queue<LocalItem<TIn>> _again = new();
    private ILocalInput<TOut>[] _targets = [];
    private (Arm<TOut> Arm, object Target)[] _arms = [];
    private ILocalInput<NodeFailure<TIn>>[] _fallbacks = [];

    public void Push(TIn value)
    {
        _inputs.Enqueue(value);
        Run.Enqueue(Index);
    }

    public override void Wire(LocalNode<TContext>[] nodes, IReadOnlyList<EdgeSpec> edges, object output)
    {
        var all = Compiled.Edges.Select((edge, place) => (edge.Kind, Target: Target(edge, nodes, output), edges[place].Arm)).ToList();
        _targets = [.. all.Where(edge => edge.Kind == EdgeKind.Direct).Select(edge => (ILocalInput<TOut>)edge.Target)];
        _arms = [.. all.Where(edge => edge.Kind == EdgeKind.Branch).Select(edge => ((Arm<TOut>)edge.Arm!, edge.Target))];
        _fallbacks = [.. all.Where(edge => edge.Kind == EdgeKind.Fallback).Select(edge => (ILocalInput<NodeFailure<TIn>>)edge.Target)];
    }

    public override ValueTask StepAsync(CancellationToken cancellationToken)
    {
        Visit();
        Run.Scope.Item = ++Run.LastItem;
        return AttemptAsync(_inputs.Dequeue(), again: null, cancellationToken);
    }

    public override ValueTask StepAgainAsync(CancellationToken cancellationToken)
    {
        var again = _again.Dequeue();
        Run.Scope.Item = again.Id;
        return AttemptAsync(again.Input, again, cancellationToken);
    }

    private ValueTask AttemptAsync(TIn input, LocalItem<TIn>? again, CancellationToken cancellationToken)
    {
        var scope = Run.Scope;
        var before = scope.Context;
        scope.Node = Compiled.Name;
        scope.Attempt = again?.Attempt ?? 1;
        scope.Wake = again?.Wake;
        if (!ReferenceEquals(scope.Effects, StepEffects.None))
        {
            scope.Effects = StepEffects.None;
        }

        try
        {
            var call = CallAsync(input, cancellationToken);
            if (!call.IsCompletedSuccessfully)
            {
                return FinishAsync(call, input, before, cancellationToken);
            }

#pragma warning disable VSTHRD103 // It has completed: nothing blocks, and an await would cost a state machine a step.
            Apply(call.Result, input);
#pragma warning restore VSTHRD103
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            Recover(error, input, before);
        }

        return default;
    }

    private ValueTask<Transition<TOut>> CallAsync(TIn input, CancellationToken cancellationToken) =>
        Compiled.Timeout is { } limit ? NodeAttempt.RunWithinAsync(node, input, Run.Scope, limit, Run.Options.Time, cancellationToken) : node.RunAsync(input, Run.Scope, cancellationToken);

    private async ValueTask FinishAsync(ValueTask<Transition<TOut>> call, TIn input, TContext before, CancellationToken cancellationToken)
    {
        try
        {
            Apply(await call.ConfigureAwait(false), input);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            Recover(error, input, before);
        }
    }

    /// <summary>Repeats a failed attempt when its wait is over; other items go on meanwhile.</summary>
    private void Recover(Exception error, TIn input, TContext before)
    {
        // What the failed attempt changed was never there.
        var scope = Run.Scope;
        scope.Context = before;
        var policy = Compiled.Retry ?? Run.Options.Retry;
        if (!LocalFailures.ShouldRetry(policy, error, scope.Attempt))
        {
            Fail(error, input, scope.Attempt);
            return;
        }

        var next = new LocalItem<TIn>(input, scope.Item, scope.Attempt + 1, scope.Wake);
        Again(next, Run.Options.Time.GetUtcNow() + policy.BackoffAfter(scope.Attempt, Run.Options.Random.NextDouble()));
    }

    private void Again(LocalItem<TIn> item, DateTimeOffset? dueUtc)
    {
        if (dueUtc is { } due)
        {
            Run.Waits.Delay(Index, due, () => Again(item, dueUtc: null));
            return;
        }

        _again.Enqueue(item);
        Run.EnqueueAgain(Index);
    }

    private void Fail(Exception error, TIn input, int attempts)
    {
        if (_fallbacks.Length == 0)
        {
            throw LocalFailures.Failed(Compiled, error, attempts);
        }

        foreach (var fallback in _fallbacks)
        {
            fallback.Push(new NodeFailure<TIn>(input, Compiled.Name, error.Message, attempts));
        }
    }

    private void Apply(in Transition<TOut> transition, TIn input)
    {
        if (!ReferenceEquals(Run.Scope.Effects, StepEffects.None))
        {
            StartChildren();
        }

        switch (transition.Kind)
        {
            case TransitionKind.Next:
                Pass(transition.Output!);
                break;
            case TransitionKind.NextAll:
                PassAll(transition.Outputs);
                break;
            case TransitionKind.Hold:
                break;
            case TransitionKind.Abort:
                throw transition.Error!;
            case TransitionKind.Sleep:
                Later(transition.Output!, Run.Options.Time.GetUtcNow() + transition.Wait!.Value);
                break;
            case TransitionKind.WaitUntil:
                Later(transition.Output!, transition.Until!.Value);
                break;
            case TransitionKind.WaitForSignal:
                Wait(transition.Signal!, transition.Wait is { } atMost ? Run.Options.Time.GetUtcNow() + atMost : null, input, saved: null);
                break;
            case TransitionKind.Suspend:
                Suspend(transition.Suspension!, input);
                break;
            case TransitionKind.ContinueAsNew:
                Run.Renew(transition.Continuation!);
                break;
            default:
                throw LocalFailures.NoTransition(Compiled);
        }
    }

    private void StartChildren()
    {
        foreach (var child in Run.Scope.Effects.Children)
        {
            Run.Waits.Start(Index, child, ended: null);
        }
    }

    private void Pass(TOut output)
    {
        foreach (var target in _targets)
        {
            target.Push(output);
        }

        if (_arms.Length > 0 && !TryBranch(output))
        {
            throw LocalFailures.NoArm(Compiled);
        }
    }

    private bool TryBranch(TOut output)
    {
        foreach (var (arm, target) in _arms)
        {
            if (arm.TryPass(output, target))
            {
                return true;
            }
        }

        return false;
    }

    private void PassAll(IReadOnlyList<TOut> outputs)
    {
        if (_arms.Length > 0)
        {
            throw LocalFailures.ManyFromBranch(Compiled);
        }

        foreach (var output in outputs)
        {
            foreach (var target in _targets)
            {
                // Several outputs at a terminal node are none: an end takes what Next gives it.
                if (!ReferenceEquals(target, Run.Output))
                {
                    target.Push(output);
                }
            }
        }
    }

    private void Later(TOut output, DateTimeOffset dueUtc) => Run.Waits.Delay(Index, dueUtc, () => Pass(output));

    private void Suspend(Suspension suspension, TIn input)
    {
        var dueUtc = suspension.DueUtc(Run.Options.Time.GetUtcNow());
        if (suspension.Signal is { } signal)
        {
            Wait(signal, dueUtc, input, suspension.Saved);
        }
        else if (suspension.Children.IsEmpty)
        {
            Again(new LocalItem<TIn>(input, Run.Scope.Item, Attempt: 1, new NodeWake { Saved = suspension.Saved }), dueUtc);
        }
        else
        {
            AwaitChildren(suspension, input);
        }
    }

    private void AwaitChildren(Suspension suspension, TIn input)
    {
        var item = Run.Scope.Item;
        var results = new ChildResult[suspension.Children.Length];
        var left = results.Length;
        for (var index = 0; index < results.Length; index++)
        {
            var place = index;
            Run.Waits.Start(Index, suspension.Children[place], result =>
            {
                results[place] = result;
                if (--left == 0)
                {
                    Again(new LocalItem<TIn>(input, item, Attempt: 1, new NodeWake { Saved = suspension.Saved, Children = [.. results] }), dueUtc: null);
                }
            });
        }
    }

    private void Wait(string signal, DateTimeOffset? dueUtc, TIn input, SavedState? saved)
    {
        if (Run.Options.Signals is null)
        {
            throw LocalFailures.NoSignals(Compiled, signal);
        }

        var item = Run.Scope.Item;
        Run.Waits.Await(Index, signal, dueUtc, (hasSignal, payload) => Again(
            new LocalItem<TIn>(input, item, Attempt: 1, new NodeWake { Signal = signal, HasSignal = hasSignal, SignalPayload = payload, Saved = saved }), dueUtc: null));
    }
}
