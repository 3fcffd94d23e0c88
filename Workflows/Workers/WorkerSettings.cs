using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Workers;

/// <summary>What a worker's builder was told, with the defaults.</summary>
internal sealed record WorkerSettings
{
    public IReadOnlyList<string>? Roles { get; init; }

    public StepRetryPolicy? Retry { get; init; } = StepRetryPolicy.Default;

    public TimeSpan IdleWait { get; init; } = TimeSpan.FromSeconds(10);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Random Random { get; init; } = new();

    public IServiceProvider? Services { get; init; }

    public ILogger Logger { get; init; } = NullLogger.Instance;

    public Func<WorkflowAttempt, CancellationToken, ValueTask>? OnStarting { get; init; }

    public Func<WorkflowAttempt, StepOutcome, CancellationToken, ValueTask>? OnSuccess { get; init; }

    public Func<WorkflowAttempt, Exception, CancellationToken, ValueTask>? OnError { get; init; }
}
