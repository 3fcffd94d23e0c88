using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Sessions;
using Wire = OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>Saves the checkpoints that a worker sends without a batch, several at a time, and answers each with a receipt.</summary>
/// <remarks>An attempt waits for its receipt before it sends another one, so their order needs no care here.</remarks>
internal sealed partial class SessionCheckpoints(IGrainFactory grains, SessionOutbox outbox, int inFlightMax, ILogger logger)
{
    private readonly EffectPermits _permits = new(inFlightMax);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for the session itself, one for each checkpoint that is being saved.
    private int _running = 1;

    /// <summary>Begins to save; waits only while too much is in flight.</summary>
    public async ValueTask SaveAsync(Wire.Checkpoints message, CancellationToken cancellationToken)
    {
        foreach (var wire in message.Reports)
        {
            var report = wire.ToReport();
            await _permits.WaitAsync(cancellationToken);
            Interlocked.Increment(ref _running);
            _ = SaveOneAsync(report, cancellationToken);
        }
    }

    /// <summary>Waits until no call is under way. Nothing may be begun after that.</summary>
    public Task SettleAsync()
    {
        Leave();
        return _settled.Task.OnSchedulerAsync();
    }

    private async Task SaveOneAsync(CheckpointReport report, CancellationToken cancellationToken)
    {
        EffectReceipt receipt;
        try
        {
            receipt = await grains.GetGrain<ITaskGrain>(report.Token.TaskId.Value).SaveCheckpointAsync(report, cancellationToken);
        }
        catch (Exception exception)
        {
            var failure = exception is TimeoutException or OrleansException
                ? new FlowException(FlowErrorCode.StoreUnavailable, "It is not known whether the checkpoint was saved; saving it again is safe.", exception)
                : FlowFailures.Translate(exception);
            if (!cancellationToken.IsCancellationRequested)
            {
                LogSaveFailed(exception, report.Token.TaskId.Value, report.Token.Epoch, failure.Kind.Wire);
            }

            receipt = new EffectReceipt(Accepted: false, failure.Kind.Wire);
        }

        var message = new Wire.CheckpointReceipts();
        message.Receipts.Add(new Wire.CheckpointReceipt
        {
            Lease = report.Token.ToWire(), Accepted = receipt.Accepted, RefusedReason = receipt.RefusedReason ?? "",
        });
        try
        {
            await outbox.SendAsync(new Wire.SiloMessage { CheckpointReceipts = message }, cancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            // The stream is gone; on the next one the worker sends what has no receipt again.
        }

        _permits.Release(1);
        Leave();
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _settled.TrySetResult();
        }
    }

    [LoggerMessage(EventId = 6218, Level = LogLevel.Warning,
        Message = "The checkpoint of task {TaskId} epoch {Epoch} could not be saved ({Reason}); its worker is told so")]
    private partial void LogSaveFailed(Exception exception, string taskId, long epoch, string reason);
}
