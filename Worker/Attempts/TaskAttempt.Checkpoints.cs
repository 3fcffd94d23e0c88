using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Attempts;

/// <summary>A checkpoint that goes without a batch: one at a time, kept until answered.</summary>
internal sealed partial class TaskAttempt
{
    private CheckpointReport? _checkpoint;
    private TaskCompletionSource<string?>? _checkpointAnswered;

    /// <summary>Waits until every report was accepted, also in an attempt that is told to stop, as long as its lease stands.</summary>
    /// <exception cref="OperationCanceledException">The lease is gone.</exception>
    public ValueTask WaitForLastReceiptsAsync() => WaitAsync(0, alsoWhileStopping: true);

    /// <summary>Sends a checkpoint and waits until it is stored; also in an attempt that is told to stop, as long as its lease stands.</summary>
    /// <exception cref="OperationCanceledException">The lease is gone, or the token fired.</exception>
    /// <exception cref="FlowException">The owner refused it although the lease stands.</exception>
    public async ValueTask SaveCheckpointAsync(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        var completion = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var answered = completion.Task;
        lock (_gate)
        {
            ThrowIfFencedWhileLocked();
            if (_checkpoint is not null)
            {
                throw new InvalidOperationException($"Task '{Token.TaskId}' is saving a checkpoint already; await one before the next.");
            }

            _checkpoint = new CheckpointReport { Lease = Offer.Lease, Checkpoint = checkpoint };
            _checkpointAnswered = completion;
            _outbox.Add(_checkpoint);
        }

        using var given = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<string?>)state!).TrySetCanceled(token), completion);
        if (await answered is not { } refused)
        {
            return;
        }

        throw new FlowException(FlowErrorKind.OfWire(refused).Code, $"A checkpoint of task '{Token.TaskId}' was refused: {refused}.");
    }

    /// <summary>A checkpoint's receipt.</summary>
    /// <returns>The reason when the lease has ended and the attempt must stop; else null.</returns>
    public string? OnReceipt(CheckpointReceipt receipt)
    {
        TaskCompletionSource<string?>? answered;
        lock (_gate)
        {
            if (_checkpoint is null)
            {
                return null;
            }

            if (!receipt.Accepted && EffectRefusal.Passes(receipt.RefusedReason))
            {
                _mustResend = true;
                return null;
            }

            if (!receipt.Accepted && EffectRefusal.EndsLease(receipt.RefusedReason))
            {
                // The stop that follows ends the waiting.
                return receipt.RefusedReason.Length == 0 ? FlowErrorKind.Of(FlowErrorCode.LeaseLost).Wire : receipt.RefusedReason;
            }

            answered = _checkpointAnswered;
            (_checkpoint, _checkpointAnswered) = (null, null);
        }

        answered?.TrySetResult(receipt.Accepted ? null : receipt.RefusedReason);
        return null;
    }

    private void ThrowIfFencedWhileLocked()
    {
        if (IsFenced)
        {
            throw new OperationCanceledException($"The lease is gone: {StopReason}.", Stopping);
        }
    }

    private void DropCheckpointWhileLocked()
    {
        // Completed asynchronously, so no handler code runs under the lock.
        _checkpointAnswered?.TrySetCanceled(Stopping);
        (_checkpoint, _checkpointAnswered) = (null, null);
    }
}
