using System.Text.Json;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>Waits for an event that comes as a signal, then does its work with it.</summary>
internal sealed class SignalNode<TIn, TEvent, TOut, TContext>(
    string signal,
    Func<TIn, TEvent, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> handle,
    TimeSpan? within,
    Func<TIn, NodeScope<TContext>, Transition<TOut>>? onTimeout)
    : INode<TIn, TOut, TContext>
{
    public ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken)
    {
        if (scope.Signal is null)
        {
            return new(Transition.WaitForSignal<TOut>(signal, within));
        }

        if (scope.HasSignal)
        {
            return handle(input, JsonSerializer.Deserialize<TEvent>(scope.Wake!.SignalPayload.Utf8.Span, scope.Json)!, scope, cancellationToken);
        }

        return onTimeout is not null ? new(onTimeout(input, scope)) : throw EventTimeout.Of(scope.Node, $"signal '{signal}'", within!.Value);
    }
}
