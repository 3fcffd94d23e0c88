using System.Text.Json;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Execution;

/// <summary>Does the steps of one definition, and keeps the contexts of the runs that it has served lately.</summary>
internal sealed class WorkflowSteps<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> definition, JsonSerializerOptions? json) : IWorkflowSteps
    where TContext : IMergeable<TContext>
{
    /// <summary>Runs whose context is kept: as many as a worker serves at the same time, and some.</summary>
    private const int KeptRuns = 8_192;

    private readonly ContextCache<TContext> _contexts = new(KeptRuns);

    public CompiledWorkflow Compiled => definition.Compiled;

    public bool NeedsServices { get; } = definition.NeedsServices;

    public async ValueTask<StepOutcome> RunAsync(
        string run, int attempt, StepTask task, TimeProvider time, IServiceProvider? services, CancellationToken cancellationToken)
    {
        var context = ContextOf(run, task);
        if (task.Kind == StepTaskKind.Query)
        {
            return new StepOutcome { Result = definition.Query(task.Name ?? "", task.Input, context, json) };
        }

        var options = new StepOptions { Time = time, Json = json, Services = services, RunId = run };
        var outcome = await definition.ExecuteAsync(ItemOf(task, attempt), context, options, cancellationToken).ConfigureAwait(false);
        return task.WantsFold
            ? outcome with { Fold = new ContextFold(task.ContextVersion, new Payload(JsonSerializer.SerializeToUtf8Bytes(context, json))) }
            : outcome;
    }

    private static WorkItem ItemOf(StepTask task, int attempt) => new()
    {
        Id = task.Item,
        Node = task.Kind == StepTaskKind.Update ? WorkItem.NoNode : task.Node,
        Update = task.Kind == StepTaskKind.Update ? task.Name ?? "" : null,
        Input = task.Input,
        Attempts = attempt,
        Lane = task.Lane,
        Signal = task.Signal,
        HasSignal = task.HasSignal,
        SignalPayload = task.SignalPayload,
        Saved = task.Saved,
        Children = task.Children,
    };

    private TContext ContextOf(string run, StepTask task)
    {
        TContext context;
        if (task.HasSnapshot)
        {
            context = Read(task.Snapshot);
        }
        else if (!_contexts.TryGet(run, task.BaseVersion, out context))
        {
            throw new ContextMissingException(run, task.BaseVersion);
        }

        foreach (var delta in task.Deltas)
        {
            context = context.Merge(Read(delta));
        }

        if (task.ContextVersion > 0)
        {
            _contexts.Set(run, task.ContextVersion, context);
        }

        return context;
    }

    private TContext Read(Payload payload) => payload.IsDefault ? TContext.Empty : JsonSerializer.Deserialize<TContext>(payload.Utf8.Span, json)!;
}
