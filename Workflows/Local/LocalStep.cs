using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;

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
        var input = _inputs.Dequeue();
        var scope = Run.Scope;
        var before = scope.Context;
        scope.Node = Compiled.Name;
        scope.Attempt = 1;
        try
        {
            var call = CallAsync(input, cancellationToken);
            if (!call.IsCompletedSuccessfully)
            {
                return FinishAsync(call, input, before, cancellationToken);
            }

#pragma warning disable VSTHRD103 // It has completed: nothing blocks, and an await would cost a state machine a step.
            Apply(call.Result);
#pragma warning restore VSTHRD103
            return default;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            return RecoverAsync(error, input, before, cancellationToken);
        }
    }

    private ValueTask<Transition<TOut>> CallAsync(TIn input, CancellationToken cancellationToken) =>
        Compiled.Timeout is { } limit ? NodeAttempt.RunWithinAsync(node, input, Run.Scope, limit, Run.Options.Time, cancellationToken) : node.RunAsync(input, Run.Scope, cancellationToken);

    private async ValueTask FinishAsync(ValueTask<Transition<TOut>> call, TIn input, TContext before, CancellationToken cancellationToken)
    {
        Exception failure;
        try
        {
            Apply(await call.ConfigureAwait(false));
            return;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            failure = error;
        }

        await RecoverAsync(failure, input, before, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask RecoverAsync(Exception error, TIn input, TContext before, CancellationToken cancellationToken)
    {
        var policy = Compiled.Retry ?? Run.Options.Retry;
        for (var attempt = 1; ; attempt++)
        {
            // What the failed attempt changed was never there.
            Run.Scope.Context = before;
            if (LocalFailures.IsPermanent(error) || !policy.ShouldRetry(LocalFailures.KindOf(error), attempt))
            {
                Fail(error, input, attempt);
                return;
            }

            await Task.Delay(policy.BackoffAfter(attempt, Run.Options.Random.NextDouble()), Run.Options.Time, cancellationToken).ConfigureAwait(false);
            Run.Scope.Attempt = attempt + 1;
            try
            {
                Apply(await CallAsync(input, cancellationToken).ConfigureAwait(false));
                return;
            }
            catch (Exception next) when (!cancellationToken.IsCancellationRequested)
            {
                error = next;
            }
        }
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

    private void Apply(in Transition<TOut> transition)
    {
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
                throw LocalFailures.NoSignals(Compiled, transition.Signal!);
            default:
                throw LocalFailures.NoTransition(Compiled);
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

    private void Later(TOut output, DateTimeOffset dueUtc) => Run.Delay(Index, dueUtc, () => Pass(output));
}
