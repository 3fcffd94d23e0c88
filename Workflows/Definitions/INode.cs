namespace OrleansFlow.Workflows.Definitions;

/// <summary>One step of a workflow.</summary>
/// <remarks>
/// Runs at least once for an item, and its effects on the run (context, successors, output) happen exactly once. What it does to the world beyond
/// the run must bear repeating. One instance serves many items at the same time.
/// </remarks>
/// <typeparam name="TIn">What it gets.</typeparam>
/// <typeparam name="TOut">What it gives to its successors.</typeparam>
/// <typeparam name="TContext">What the run's steps share.</typeparam>
public interface INode<in TIn, TOut, TContext>
{
    /// <summary>Does the step.</summary>
    /// <param name="input">The item's input.</param>
    /// <param name="scope">The context and the facts of this attempt; not to be kept after the call.</param>
    /// <param name="cancellationToken">Cancelled when the run is, when the node's time is up, or when the worker lost the item.</param>
    /// <returns>How to go on. An exception is a failed attempt.</returns>
    ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken);
}
