using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>A node that works in stretches: each completes it, or suspends it with what it has so far.</summary>
/// <typeparam name="TIn">What it takes.</typeparam>
/// <typeparam name="TOut">What it gives.</typeparam>
/// <typeparam name="TState">What it saves between two stretches; has a JSON form.</typeparam>
/// <typeparam name="TContext">What the run's steps share.</typeparam>
public interface ILongRunningNode<in TIn, TOut, TState, TContext>
{
    /// <summary>Does a stretch of the work.</summary>
    /// <param name="input">The item's input.</param>
    /// <param name="state">What the last stretch saved; the type's default in the first, which <paramref name="scope"/> tells (<see cref="NodeScope{TContext}.HasState"/>).</param>
    /// <param name="scope">The context, the signal that resumed it, and the facts of this attempt.</param>
    /// <param name="cancellationToken">As of <see cref="INode{TIn, TOut, TContext}.RunAsync"/>.</param>
    ValueTask<Stretch<TOut, TState>> RunAsync(TIn input, TState? state, NodeScope<TContext> scope, CancellationToken cancellationToken);
}
