using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>Keeps the state of a long-running node between its stretches, and ends a suspension that takes too long.</summary>
internal sealed class LongRunningNode<TIn, TOut, TState, TContext>(ILongRunningNode<TIn, TOut, TState, TContext> inner, TimeSpan? suspendAtMost) : INode<TIn, TOut, TContext>
{
    public async ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken)
    {
        scope.TryGetState<SuspendedWork<TState>>(out var work);
        if (work is { IsLimited: true } && !scope.HasSignal)
        {
            throw EventTimeout.Of(scope.Node, $"signal '{SignalOf(scope.Node)}'", suspendAtMost ?? TimeSpan.Zero);
        }

        var stretch = await inner.RunAsync(input, work is null ? default : work.State, scope, cancellationToken).ConfigureAwait(false);
        if (stretch.IsComplete)
        {
            return stretch.Output!;
        }

        // Whichever comes first ends the wait, and only a wait that the limit ends is too long.
        var isLimited = suspendAtMost < (stretch.ResumeAfter ?? TimeSpan.MaxValue);
        return Suspension.OnSignal(SignalOf(scope.Node), new SuspendedWork<TState>(stretch.State!, isLimited), isLimited ? suspendAtMost : stretch.ResumeAfter);
    }

    public static string SignalOf(string node) => $"resume.{node}";
}
