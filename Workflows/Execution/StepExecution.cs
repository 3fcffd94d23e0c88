using System.Text.Json;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Execution;

/// <summary>Does one leased item in a worker: reads its input, calls the node, and writes down what is to be committed.</summary>
/// <param name="Compiled">The item's node.</param>
/// <param name="Edges">The node's edges with their guards, in the order of the compiled ones.</param>
/// <param name="Item">The item.</param>
/// <param name="Scope">What the node sees.</param>
/// <param name="Options">The clock, and how payloads are written.</param>
internal sealed record StepExecution<TContext>(
    CompiledNode Compiled, IReadOnlyList<EdgeSpec> Edges, WorkItem Item, NodeScope<TContext> Scope, StepOptions Options)
{
    private TimeProvider Time => Options.Time;

    private JsonSerializerOptions? Json => Options.Json;

    public async ValueTask<StepOutcome> RunAsync<TIn, TOut>(INode<TIn, TOut, TContext> node, CancellationToken cancellationToken)
    {
        var input = JsonSerializer.Deserialize<TIn>(Item.Input.Utf8.Span, Json)!;
        var transition = Compiled.Timeout is { } limit
            ? await NodeAttempt.RunWithinAsync(node, input, Scope, limit, Time, cancellationToken).ConfigureAwait(false)
            : await node.RunAsync(input, Scope, cancellationToken).ConfigureAwait(false);
        var collector = new StepCollector(Json);
        switch (transition.Kind)
        {
            case TransitionKind.Next:
                Pass(transition.Output!, collector);
                return collector.ToOutcome();
            case TransitionKind.NextAll:
                PassAll(transition.Outputs, collector);
                return collector.ToOutcome();
            case TransitionKind.Hold:
                return collector.ToOutcome();
            case TransitionKind.Sleep:
                Pass(transition.Output!, collector);
                return collector.ToOutcome(dueIn: transition.Wait);
            case TransitionKind.WaitUntil:
                Pass(transition.Output!, collector);
                return collector.ToOutcome(transition.Until);
            case TransitionKind.WaitForSignal:
                return new StepOutcome { Signal = transition.Signal, DueIn = transition.Wait };
            case TransitionKind.Suspend:
                return new StepOutcome
                {
                    Repeat = transition.Signal is null && transition.Suspension!.Children.IsEmpty,
                    Signal = transition.Signal,
                    DueUtc = transition.Suspension!.UntilUtc,
                    DueIn = transition.Suspension.Wait,
                    Saved = transition.Suspension.Saved.Write(Json),
                    Children = [.. transition.Suspension.Children.Select(child => child.ToOrder(isAwaited: true, Json))],
                };
            case TransitionKind.ContinueAsNew:
                return new StepOutcome { ContinueAsNew = new NewRun(transition.Continuation!.Input.Write(Json)) };
            case TransitionKind.Abort:
                throw transition.Error!;
            default:
                throw LocalFailures.NoTransition(Compiled);
        }
    }

    private void Pass<TOut>(TOut output, StepCollector collector)
    {
        for (var place = 0; place < Edges.Count; place++)
        {
            var target = Compiled.Edges[place].Target;
            switch (Edges[place].Kind)
            {
                case EdgeKind.Direct:
                    collector.Add(target, output);
                    break;
                case EdgeKind.Branch when ((Arm<TOut>)Edges[place].Arm!).TryPass(output, Edges[place].Arm!.CreateInput(collector, target)):
                    return;
                default:
                    break;
            }
        }

        if (Compiled.Branches)
        {
            throw LocalFailures.NoArm(Compiled);
        }
    }

    private void PassAll<TOut>(IReadOnlyList<TOut> outputs, StepCollector collector)
    {
        if (Compiled.Branches)
        {
            throw LocalFailures.ManyFromBranch(Compiled);
        }

        foreach (var output in outputs)
        {
            foreach (var edge in Compiled.Edges)
            {
                if (edge.Kind == EdgeKind.Direct && edge.Target != CompiledEdge.End)
                {
                    collector.Add(edge.Target, output);
                }
            }
        }
    }
}
