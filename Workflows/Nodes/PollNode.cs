using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>Looks at something again and again and goes on with the first change that calls for it. Between two looks the item sleeps.</summary>
/// <param name="look">What is there; null when it is gone, which ends the watch.</param>
/// <param name="react">Hold watches on.</param>
/// <param name="isChange">Whether the second is a change of the first.</param>
/// <param name="interval">Between two looks.</param>
internal sealed class PollNode<TIn, TSeen, TOut, TContext>(
    Func<TIn, NodeScope<TContext>, CancellationToken, ValueTask<TSeen?>> look,
    Func<TIn, TSeen, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> react,
    Func<TSeen, TSeen, bool> isChange,
    TimeSpan interval)
    : INode<TIn, TOut, TContext>, IUsesServices
    where TSeen : class
{
    public bool UsesServices => true;

    public async ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken)
    {
        scope.TryGetState<TSeen>(out var last);
        var seen = await look(input, scope, cancellationToken).ConfigureAwait(false);
        if (seen is null)
        {
            throw last is null
                ? new FlowException(FlowErrorCode.NotFound, $"What node '{scope.Node}' is to watch is not there.")
                : new NonRetryableException(
                    $"What node '{scope.Node}' watches is gone, and no change made it go on.",
                    new FlowException(FlowErrorCode.NotFound, $"What node '{scope.Node}' watches is gone."));
        }

        if (last is not null && !isChange(last, seen))
        {
            return Suspension.For(interval, last);
        }

        var reaction = await Reactions.RunAsync(react, input, seen, scope, cancellationToken).ConfigureAwait(false);
        return reaction.Kind == TransitionKind.Hold ? Suspension.For(interval, seen) : reaction;
    }
}
