using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Testing;

internal sealed class FailsOnceHandler : RoleHandler
{
    public override ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken) =>
        context.Attempt == 1 ? throw new TimeoutException("a system that it needs does not answer") : ValueTask.CompletedTask;

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
        ValueTask.FromResult(BatchOutcome.None);
}
