using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>Waits for an event of a source in this process, then does its work with it. The step waits with it.</summary>
internal sealed class ChannelNode<TIn, TEvent, TOut, TContext>(
    ChannelReader<TEvent> source,
    Func<TIn, TEvent, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> handle,
    TimeSpan? within,
    Func<TIn, NodeScope<TContext>, Transition<TOut>>? onTimeout)
    : INode<TIn, TOut, TContext>
{
    public async ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken)
    {
        TEvent next;
        using var timer = new CancellationTokenSource(within ?? Timeout.InfiniteTimeSpan, scope.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            next = await source.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"Node '{scope.Node}' waits for an event, and its source is closed.", closed);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return onTimeout is not null ? onTimeout(input, scope) : throw EventTimeout.Of(scope.Node, "an event", within!.Value);
        }

        return await handle(input, next, scope, cancellationToken).ConfigureAwait(false);
    }
}
