using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>Watches a source in this process and goes on with the first change that calls for it.</summary>
/// <remarks>The watcher runs beside the reactions, at most a buffer ahead of them, and has ended when the step ends.</remarks>
internal sealed class ReactiveNode<TIn, TChange, TOut, TContext>(
    Func<TIn, NodeScope<TContext>, CancellationToken, IAsyncEnumerable<TChange>> watch,
    Func<TIn, TChange, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> react,
    int buffer)
    : INode<TIn, TOut, TContext>, IUsesServices
{
    public bool UsesServices => true;

    public async ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken)
    {
        var changes = Channel.CreateBounded<TChange>(new BoundedChannelOptions(buffer) { SingleReader = true, SingleWriter = true });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watcher = WatchAsync(watch(input, scope, ended.Token), changes.Writer, ended.Token);
        try
        {
            await foreach (var change in changes.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                var reaction = await Reactions.RunAsync(react, input, change, scope, cancellationToken).ConfigureAwait(false);
                if (reaction.Kind != TransitionKind.Hold)
                {
                    return reaction;
                }
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await watcher.ConfigureAwait(false);
        }

        throw new FlowException(FlowErrorCode.NotFound, $"What node '{scope.Node}' watches ended, and no change made it go on.");
    }

    /// <summary>An error of the source reaches the reader, behind the changes before it.</summary>
    private static async Task WatchAsync(IAsyncEnumerable<TChange> source, ChannelWriter<TChange> changes, CancellationToken cancellationToken)
    {
        Exception? error = null;
        try
        {
            await foreach (var change in source.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                await changes.WriteAsync(change, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception failed)
        {
            error = failed;
        }

        changes.TryComplete(error);
    }
}
