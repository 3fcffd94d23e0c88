using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>How an awaited child run ended.</summary>
public sealed class ChildOutcome
{
    private readonly ChildResult _result;
    private readonly JsonSerializerOptions? _json;

    internal ChildOutcome(ChildResult result, JsonSerializerOptions? json) => (_result, _json) = (result, json);

    /// <summary>The child's run id.</summary>
    public string RunId => _result.Child;

    /// <summary>How it ended; <see cref="WorkflowRunStatus.Running"/> when it had not within the time of the wait.</summary>
    public WorkflowRunStatus Status => _result.Status;

    /// <summary>Why it failed or was cancelled.</summary>
    public string? Failure => _result.Failure;

    /// <summary>Reads its output.</summary>
    /// <typeparam name="T">The output's type; a list of it where the child's definition keeps all outputs.</typeparam>
    /// <exception cref="NonRetryableException">It did not complete: it would not if it were asked again.</exception>
    public T Output<T>() => Status == WorkflowRunStatus.Completed
        ? JsonSerializer.Deserialize<T>(_result.Output.Utf8.Span, _json)!
        : throw new NonRetryableException(Status == WorkflowRunStatus.Running ? $"Child run '{RunId}' has not ended in time." : $"Child run '{RunId}' ended as {Status}: {Failure ?? "nobody said why"}", new FlowException(FlowErrorCode.UnexpectedError, Failure ?? $"{Status}"));
}
