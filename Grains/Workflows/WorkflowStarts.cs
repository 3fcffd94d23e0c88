using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>Reads what a run begins with.</summary>
internal static class WorkflowStarts
{
    /// <summary>The decider's command.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: a part of it is not possible.</exception>
    public static WorkflowCommand.Start CommandOf(RunId run, WorkflowStart start) => new()
    {
        RunId = run.Value,
        Context = start.Context,
        Input = start.Input,
        DefaultRetry = RetryOf(start.Retry),
        IdempotencyKey = start.IdempotencyKey,
        ParentRun = start.Parent.IsDefault ? null : start.Parent.Value,
        ParentOrder = start.ParentOrder,
        DeadlineUtc = start.DeadlineUtc,
        NotBeforeUtc = start.NotBeforeUtc,
        Attributes = start.Attributes is { } attributes
            ? [.. attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new KeyValuePair<string, string?>(pair.Key, pair.Value))]
            : [],
    };

    /// <summary>Whether a run that began so is what a later start asks for.</summary>
    public static bool IsSame(WorkflowRunEvent.Started began, WorkflowStart start, int version) =>
        began.Workflow == start.Workflow && began.Version == version && began.Input == start.Input && began.Context == start.Context;

    private static StepRetryPolicy? RetryOf(Payload retry)
    {
        try
        {
            return retry.IsDefault ? null : JsonSerializer.Deserialize<StepRetryPolicy>(retry.Utf8.Span);
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The run's retry policy cannot be read: {error.Message}", error);
        }
    }
}
