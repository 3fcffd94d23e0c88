using System.Collections.Concurrent;
using System.Threading.Channels;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>Task grains that write down effects and answer when the test lets them.</summary>
internal sealed class ScriptedTaskGrain : ITaskGrain
{
    /// <summary>What was reported and completed, in the order of arrival, as <c>batch INDEX</c> and <c>end</c>.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Numbers of the batches as they arrive.</summary>
    public Channel<int> Arrived { get; } = Channel.CreateUnbounded<int>();

    /// <summary>Holds batches back until it ends.</summary>
    public TaskCompletionSource? BatchGate { get; set; }

    /// <summary>Answers effects with this failure instead.</summary>
    public Exception? Failure { get; set; }

    public EffectReceipt Receipt { get; set; } = new(Accepted: true);

    public async Task<EffectReceipt> ReportBatchAsync(BatchReport report, CancellationToken cancellationToken)
    {
        Calls.Enqueue($"batch {report.Index}");
        Arrived.Writer.TryWrite(report.Index);
        if (BatchGate is { } gate)
        {
            await gate.Task.WaitAsync(cancellationToken);
        }

        return Failure is null ? Receipt : throw Failure;
    }

    public Task<EffectReceipt> CompleteAsync(AttemptOutcome outcome, CancellationToken cancellationToken)
    {
        Calls.Enqueue("end");
        return Failure is null ? Task.FromResult(Receipt) : Task.FromException<EffectReceipt>(Failure);
    }

    public Task<bool> SubmitAsync(TaskSubmission submission, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<LeaseGrant?> GrantAsync(WorkerId worker, string sessionId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RenewAsync(LeaseToken token, WorkerId worker, string sessionId, double? progress, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<EffectReceipt> SaveCheckpointAsync(CheckpointReport report, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<LeaseGrant?> AdoptAsync(LeaseToken token, WorkerId worker, string sessionId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RevokeAsync(LeaseToken token, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<TaskView> CancelAsync(string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<TaskView?> GetAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<TaskView> WatchEndAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
