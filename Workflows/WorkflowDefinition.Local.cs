using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Checkpoints;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <content>Runs in this process.</content>
public sealed partial class WorkflowDefinition<TIn, TOut, TContext>
{
    internal async ValueTask<WorkflowResult<TOut, TContext>> RunAsync(
        TContext context, TIn input, HybridClock clock, LocalRunOptions options, CancellationToken cancellationToken)
    {
        for (var steps = 0L; ;)
        {
            var outputs = new LocalOutputs<TOut>(Compiled.Output);
            var run = new LocalRun<TContext>(Compiled, _nodes, context, clock, options, outputs, Children);
            ((ILocalInput<TIn>)run.Start).Push(input);
            await run.RunAsync(cancellationToken).ConfigureAwait(false);
            steps += run.Steps;
            context = run.Scope.Context;
            if (run.Renewal is not { } renewal)
            {
                return outputs.Count > 0 ? new WorkflowResult<TOut, TContext>(outputs.Output, outputs.All, context, steps) : throw LocalFailures.NoOutput(Compiled);
            }

            input = renewal.Input is SavedState<TIn> same ? same.Value : Read<TIn>(renewal.Input.Write(json: null));
        }
    }

    internal override async ValueTask<ChildResult> RunChildAsync(
        string id, Payload input, Payload context, IWorkflowCheckpoints? checkpoints, LocalRunOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var start = context.IsDefault ? TContext.Empty : Read<TContext>(context);
            var result = checkpoints is null
                ? await RunAsync(start, Read<TIn>(input), options, cancellationToken).ConfigureAwait(false)
                : await RunWithCheckpointAsync(start, Read<TIn>(input), checkpoints, id, options, cancellationToken).ConfigureAwait(false);
            var output = Compiled.Output == OutputRule.List ? JsonSerializer.SerializeToUtf8Bytes(result.Outputs) : JsonSerializer.SerializeToUtf8Bytes(result.Output);
            return new ChildResult(id, WorkflowRunStatus.Completed, new Payload(output));
        }
        catch (FlowException failed) when (!cancellationToken.IsCancellationRequested)
        {
            return new ChildResult(id, WorkflowRunStatus.Failed, Failure: failed.Message);
        }
    }

    private static T Read<T>(Payload payload) => JsonSerializer.Deserialize<T>(payload.Utf8.Span)!;
}
