using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>
/// Repeats a node inside its step: for what is part of a batch or is quick to come back. A node of its own is better repeated by
/// <see cref="WorkflowNode{TIn, TOut, TContext}.Retry"/>, whose waits hold no worker and survive it.
/// </summary>
/// <typeparam name="TIn">What the node takes.</typeparam>
/// <typeparam name="TOut">What the node gives.</typeparam>
/// <typeparam name="TContext">What the run's steps share.</typeparam>
/// <param name="inner">The node. What a failed attempt of it did to the context is undone.</param>
/// <param name="policy">How often and after which waits.</param>
/// <param name="random">Where the jitter comes from; <see langword="null"/> for a new one.</param>
public sealed class RetryNode<TIn, TOut, TContext>(INode<TIn, TOut, TContext> inner, StepRetryPolicy policy, Random? random = null) : INode<TIn, TOut, TContext>, IUsesServices
{
    bool IUsesServices.UsesServices => inner is IUsesServices { UsesServices: true };

    private readonly Lock _gate = new();
    private readonly Random _random = random ?? new();

    /// <inheritdoc/>
    public async ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken)
    {
        var (before, effects) = (scope.Context, scope.Effects);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var transition = await inner.RunAsync(input, scope, cancellationToken).ConfigureAwait(false);
                if (transition.Kind != TransitionKind.Abort || !LocalFailures.ShouldRetry(policy, transition.Error!, attempt))
                {
                    return transition;
                }
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested && LocalFailures.ShouldRetry(policy, error, attempt))
            {
                // The next attempt begins where this one did.
            }

            (scope.Context, scope.Effects) = (before, effects);
            await Task.Delay(policy.BackoffAfter(attempt, Chance()), scope.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private double Chance()
    {
        lock (_gate)
        {
            return _random.NextDouble();
        }
    }
}
