using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Execution;

/// <summary>One call of a user's node with its time limit.</summary>
internal static class NodeAttempt
{
    /// <summary>Calls a node and hands its changes of the context over when it was in time.</summary>
    /// <remarks>The node gets a scope of its own: what it does after its time is up reaches nobody.</remarks>
    /// <exception cref="TimeoutException">The time was up. The node may still be busy; its token is cancelled.</exception>
    public static async ValueTask<Transition<TOut>> RunWithinAsync<TIn, TOut, TContext>(
        INode<TIn, TOut, TContext> node, TIn input, NodeScope<TContext> scope, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var own = scope.Copy();
        using var timer = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            var transition = await node.RunAsync(input, own, either.Token).AsTask().WaitAsync(either.Token).ConfigureAwait(false);
            scope.Context = own.Context;
            scope.Effects = own.Effects;
            return transition;
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The attempt took longer than {limit}.");
        }
    }
}
