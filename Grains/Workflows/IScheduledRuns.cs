using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Grains.Workflows;

/// <summary>How a schedule reaches its runs: a seam, so that schedules can be tested without them.</summary>
internal interface IScheduledRuns
{
    /// <summary>Starts a run; once, however often it is called.</summary>
    /// <exception cref="FlowException">It cannot be started.</exception>
    Task StartAsync(string schedule, string run, ScheduledRun what, DateTimeOffset nowUtc, CancellationToken cancellationToken);

    /// <summary>Cancels or terminates a run; one that has ended or is gone is fine.</summary>
    Task StopAsync(string run, bool terminate, string reason, CancellationToken cancellationToken);

    /// <summary>Whether a run has ended or is gone, and why it failed.</summary>
    Task<(bool HasEnded, string? Failure)> LookAsync(string run, CancellationToken cancellationToken);

    /// <summary>The same, once it has ended.</summary>
    Task<string?> WhenEndedAsync(string run, CancellationToken cancellationToken);
}

/// <summary>Calls the runs' grains.</summary>
internal sealed class GrainScheduledRuns(IGrainFactory grains) : IScheduledRuns
{
    public async Task StartAsync(string schedule, string run, ScheduledRun what, DateTimeOffset nowUtc, CancellationToken cancellationToken)
    {
        var version = what.Version > 0
            ? what.Version
            : await grains.GetGrain<IWorkflowCatalogGrain>(IWorkflowCatalogGrain.Key).NewestAsync(what.Workflow, cancellationToken);
        if (version == 0)
        {
            throw new FlowException(FlowErrorCode.UnknownDefinition, $"No version of workflow '{what.Workflow}' is known; start a worker that serves it.");
        }

        var attributes = new Dictionary<string, string>(what.Attributes ?? new Dictionary<string, string>(), StringComparer.Ordinal) { ["schedule"] = schedule };
        var start = new WorkflowStart
        {
            Workflow = what.Workflow,
            Version = version,
            Input = what.Input,
            Context = what.Context,
            DeadlineUtc = nowUtc + what.Deadline,
            Attributes = attributes,
            Retry = what.Retry is null ? default : new Payload(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(what.Retry)),
        };
        try
        {
            await grains.GetGrain<IWorkflowRunGrain>(run).StartAsync(start, cancellationToken);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyExists)
        {
            // Started before the schedule, or the newest version, was changed: that time has had its run.
        }
    }

    public async Task StopAsync(string run, bool terminate, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<IWorkflowRunGrain>(run).SteerAsync(new WorkflowSteering(terminate ? WorkflowSteer.Terminate : WorkflowSteer.Cancel, reason), cancellationToken);
        }
        catch (FlowException exception) when (exception.Code is FlowErrorCode.NotFound or FlowErrorCode.AlreadyEnded)
        {
            // It has ended already.
        }
    }

    public async Task<(bool HasEnded, string? Failure)> LookAsync(string run, CancellationToken cancellationToken) =>
        await grains.GetGrain<IWorkflowRunGrain>(run).GetAsync(cancellationToken) is { } view ? (view.IsEnded, FailureOf(view)) : (true, null);

    public async Task<string?> WhenEndedAsync(string run, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var view in grains.GetGrain<IWorkflowRunGrain>(run).WatchEndAsync(cancellationToken).WithCancellation(cancellationToken))
            {
                return FailureOf(view);
            }
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.NotFound)
        {
            // It is gone.
        }

        return null;
    }

    private static string? FailureOf(WorkflowRunView view) => view.Status == WorkflowRunStatus.Failed ? view.Failure ?? "it failed" : null;
}
