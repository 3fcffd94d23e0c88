using System.Globalization;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Nodes;

namespace OrleansFlow.Workflows.Execution;

/// <summary>Runs a node for each element of a list, some at a time, inside one step.</summary>
/// <remarks>
/// Elements run in waves: all of a wave see the context as it was before the wave, each as a writer of its own, and their changes are merged in the
/// order of the elements when the wave has ended. So two elements that count both count, and the writers are as many as a wave is wide.
/// </remarks>
internal sealed class BatchNode<TIn, TOut, TContext>(INode<TIn, TOut, TContext> inner, int width) : INode<IReadOnlyList<TIn>, IReadOnlyList<TOut>, TContext>, IUsesServices
    where TContext : IMergeable<TContext>
{
    public bool UsesServices => inner is IUsesServices { UsesServices: true };

    public async ValueTask<Transition<IReadOnlyList<TOut>>> RunAsync(IReadOnlyList<TIn> input, NodeScope<TContext> scope, CancellationToken cancellationToken)
    {
        var outputs = new List<TOut>(input.Count);
        for (var start = 0; start < input.Count; start += width)
        {
            await RunWaveAsync([.. input.Skip(start).Take(width)], scope, outputs, cancellationToken).ConfigureAwait(false);
        }

        return outputs;
    }

    private async Task RunWaveAsync(List<TIn> elements, NodeScope<TContext> scope, List<TOut> outputs, CancellationToken cancellationToken)
    {
        var scopes = elements.Select((_, place) => scope.CopyFor(WriterOf(scope, place))).ToList();
        var calls = elements.Select((element, place) => CallAsync(element, scopes[place], cancellationToken)).ToList();

        // Every call of the wave ends before the first failure, in the order of the elements, is reported: nothing runs on behind the step's back.
        await Task.WhenAll(calls.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        for (var place = 0; place < calls.Count; place++)
        {
            var transition = await calls[place].ConfigureAwait(false);
            switch (transition.Kind)
            {
                case TransitionKind.Next:
                    outputs.Add(transition.Output!);
                    break;
                case TransitionKind.NextAll:
                    outputs.AddRange(transition.Outputs);
                    break;
                case TransitionKind.Hold:
                    break;
                case TransitionKind.Abort:
                    throw transition.Error!;
                default:
                    throw new InvalidOperationException($"Batch '{scope.Node}' cannot wait ({transition.Kind}) inside its step. Split, and let a node of its own wait.");
            }
        }

        scope.Context = scopes.Aggregate(scope.Context, (context, element) => context.Merge(element.Context));
        scope.Effects = scopes.Aggregate(scope.Effects, (effects, element) => effects.And(element.Effects));
    }

    /// <summary>An exception that is thrown before the first await is a failure of the element as well.</summary>
    private async Task<Transition<TOut>> CallAsync(TIn element, NodeScope<TContext> scope, CancellationToken cancellationToken) =>
        await inner.RunAsync(element, scope, cancellationToken).ConfigureAwait(false);

    private static WriterId WriterOf(NodeScope<TContext> scope, int place) => new(string.Create(CultureInfo.InvariantCulture, $"{scope.Writer}.{place}"));
}
