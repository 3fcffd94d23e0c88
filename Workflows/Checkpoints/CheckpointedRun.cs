using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Checkpoints;

/// <summary>Runs a workflow in the process and keeps it after every decision: before the first step, after each, and after the last.</summary>
internal sealed class CheckpointedRun<TIn, TOut, TContext>(
    WorkflowDefinition<TIn, TOut, TContext> definition, IWorkflowCheckpoints checkpoints, string id, LocalRunOptions options)
    where TContext : IMergeable<TContext>
{
    private readonly StepOptions _step = new() { Time = options.Time, Services = options.Services, RunId = id, Logger = options.Logger };

    public async ValueTask<WorkflowResult<TOut, TContext>> StartAsync(TContext context, TIn input, CancellationToken cancellationToken)
    {
        var run = await checkpoints.LoadAsync(id, cancellationToken).ConfigureAwait(false);
        if (run is null)
        {
            var start = new WorkflowCommand.Start { RunId = id, Context = Write(context), Input = Write(input), DefaultRetry = options.Retry };
            run = WorkflowRunDecider.Decide(WorkflowRunState.None(definition.Compiled), start, options.Time.GetUtcNow()).State;
            await checkpoints.SaveAsync(id, run, cancellationToken).ConfigureAwait(false);
        }

        return await GoOnAsync(run, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<WorkflowResult<TOut, TContext>> ResumeAsync(CancellationToken cancellationToken)
    {
        var run = await checkpoints.LoadAsync(id, cancellationToken).ConfigureAwait(false)
            ?? throw new FlowException(FlowErrorCode.NotFound, $"Run '{id}' of workflow '{definition.Compiled.Name}' was never started: there is no checkpoint of it.");
        return await GoOnAsync(run, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<WorkflowResult<TOut, TContext>> GoOnAsync(WorkflowRunState run, CancellationToken cancellationToken)
    {
        if (run.Workflow.Hash != definition.Compiled.Hash && definition.CanMigrate(run))
        {
            run = Decide(run, new WorkflowCommand.Migrate(definition.PlanMigration(run)));
            await checkpoints.SaveAsync(id, run, cancellationToken).ConfigureAwait(false);
        }

        if (run.Workflow.Hash != definition.Compiled.Hash)
        {
            throw new FlowException(
                FlowErrorCode.BadInput,
                $"Run '{id}' began with version {run.Workflow.Version} of workflow '{run.Workflow.Name}' ({run.Workflow.Hash[..8]}); this is version {definition.Compiled.Version} of '{definition.Compiled.Name}' ({definition.Compiled.Hash[..8]}). Finish it with the definition it began with, or say MigrateFrom in the newer one.");
        }

        run = await DeliverAsync(run, cancellationToken).ConfigureAwait(false);
        while (!run.IsFinal)
        {
            run = await StepAsync(run, cancellationToken).ConfigureAwait(false);
            await checkpoints.SaveAsync(id, run, cancellationToken).ConfigureAwait(false);
            run = await DeliverAsync(run, cancellationToken).ConfigureAwait(false);
        }

        return run.Status == WorkflowRunStatus.Completed
            ? Result(run)
            : throw new FlowException(run.FailureCode ?? FlowErrorCode.Cancelled, run.Failure ?? $"Run '{id}' was cancelled.");
    }

    /// <summary>Does the next item, or lets go on what is due, waiting for it where it must.</summary>
    private async ValueTask<WorkflowRunState> StepAsync(WorkflowRunState run, CancellationToken cancellationToken)
    {
        var taken = WorkflowRunDecider.Decide(run, new WorkflowCommand.Take(), options.Time.GetUtcNow());
        if (taken.Item is not { } item)
        {
            return await WaitAsync(run, cancellationToken).ConfigureAwait(false);
        }

        var context = definition.ReadContext(run);
        WorkflowCommand command;
        try
        {
            var outcome = await definition.ExecuteAsync(item, context, _step, cancellationToken).ConfigureAwait(false);
            command = new WorkflowCommand.Commit(item.Id, item.Epoch, outcome);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            command = LocalFailures.Report(item, error, options.Random.NextDouble());
        }

        var decision = WorkflowRunDecider.Decide(taken.State, command, options.Time.GetUtcNow());
        return decision.Answer == WorkflowAnswer.Refused
            ? throw new FlowException(FlowErrorCode.UnexpectedError, $"Run '{id}' refused a step of its own: {decision.Refused}")
            : Folded(decision.State);
    }

    /// <summary>Runs the children that are owed, each kept under an id of its own, so that one that was interrupted goes on.</summary>
    private async ValueTask<WorkflowRunState> DeliverAsync(WorkflowRunState run, CancellationToken cancellationToken)
    {
        foreach (var order in run.Owed.Values)
        {
            if (order is RunOrder.StartChild start)
            {
                var result = await LocalChildren.RunAsync(start.Order, start.Child, definition.Children, checkpoints, options, cancellationToken).ConfigureAwait(false);
                run = Decide(run, new WorkflowCommand.ChildEnded(result.Child, result.Status, result.Output, result.Failure));
            }

            run = Decide(run, new WorkflowCommand.Delivered(order.Number));
            await checkpoints.SaveAsync(id, run, cancellationToken).ConfigureAwait(false);
        }

        return run;
    }

    private WorkflowRunState Decide(WorkflowRunState run, WorkflowCommand command) => WorkflowRunDecider.Decide(run, command, options.Time.GetUtcNow()).State;

    private async ValueTask<WorkflowRunState> WaitAsync(WorkflowRunState run, CancellationToken cancellationToken)
    {
        var arrival = options.Signals?.Arrival;
        if (options.Signals?.TryTake(name => run.Awaiting.Any(waiting => waiting.Signal == name), out var signal, out var payload) == true)
        {
            return Decide(run, new WorkflowCommand.Signal(signal, payload));
        }

        if (arrival is null && !run.Awaiting.IsEmpty)
        {
            var waiting = run.Items[run.Awaiting[0].Item];
            throw LocalFailures.NoSignals(run.Workflow.Nodes[waiting.Node], waiting.Signal!);
        }

        var wait = run.NextDueUtc - options.Time.GetUtcNow();
        if (wait is null || wait > TimeSpan.Zero)
        {
            await LocalPause.UntilAsync(wait, run.Awaiting.IsEmpty ? null : arrival, options.Time, cancellationToken).ConfigureAwait(false);
        }

        return Decide(run, new WorkflowCommand.Tick());
    }

    /// <summary>One process writes all of the run anyway: a snapshot is shorter than its deltas.</summary>
    private WorkflowRunState Folded(WorkflowRunState run) => run.Deltas.IsEmpty
        ? run
        : Decide(run, new WorkflowCommand.Fold(run.ContextVersion, Write(definition.ReadContext(run))));

    private WorkflowResult<TOut, TContext> Result(WorkflowRunState run)
    {
        var outputs = run.Outputs.ConvertAll(output => JsonSerializer.Deserialize<TOut>(output.Utf8.Span)!);
        return new(outputs[^1], outputs, definition.ReadContext(run), run.Counters.Total);
    }

    private static Payload Write<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value));
}
