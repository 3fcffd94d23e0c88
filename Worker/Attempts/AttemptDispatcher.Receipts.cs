using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Attempts;

/// <summary>What the gateway answers, and what a new stream or a heartbeat has to carry.</summary>
internal sealed partial class AttemptDispatcher
{
    /// <summary>Answers to reports.</summary>
    public void OnReceipts(BatchReceipts receipts)
    {
        foreach (var receipt in receipts.Receipts)
        {
            if (Find(receipt.Lease) is { } attempt && attempt.OnReceipt(receipt) is { } refused)
            {
                LogBatchRefused(attempt.Token.TaskId, attempt.Token.Epoch, receipt.Index, refused);
                Stop(attempt, refused, fences: EffectRefusal.EndsLease(refused));
            }
        }
    }

    /// <summary>Answers to checkpoints.</summary>
    public void OnReceipts(CheckpointReceipts receipts)
    {
        foreach (var receipt in receipts.Receipts)
        {
            if (Find(receipt.Lease) is { } attempt && attempt.OnReceipt(receipt) is { } refused)
            {
                Stop(attempt, refused, fences: true);
            }
        }
    }

    /// <summary>Answers to outcomes.</summary>
    public void OnReceipts(OutcomeReceipts receipts)
    {
        foreach (var receipt in receipts.Receipts)
        {
            if (Find(receipt.Lease) is { } attempt)
            {
                if (!receipt.Accepted)
                {
                    LogOutcomeRefused(attempt.Token.TaskId, attempt.Token.Epoch, receipt.RefusedReason);
                }

                if (attempt.OnReceipt(receipt))
                {
                    Remove(attempt);
                }
            }

            if (receipt.Next is { } next)
            {
                Offer(next);
            }
        }
    }

    /// <summary>The leases to present when registering, oldest attempt first.</summary>
    public List<Lease> Held() => [.. Snapshot().Where(attempt => !attempt.IsForgotten).Select(attempt => attempt.Offer.Lease)];

    /// <summary>A new stream is up: attempts that no longer stand stop, the others send again what has no receipt.</summary>
    public void OnRegistered(IEnumerable<Lease> lost)
    {
        foreach (var lease in lost)
        {
            if (Find(lease) is not { } attempt)
            {
                continue;
            }

            LogLost(attempt.Token.TaskId, attempt.Token.Epoch);
            attempt.Forget();
            Stop(attempt, FlowErrorKind.Of(FlowErrorCode.LeaseLost).Wire, fences: true);
            if (attempt.Outcome is not null)
            {
                Remove(attempt);
            }
        }

        foreach (var attempt in Snapshot())
        {
            attempt.Resend(onNewStream: true);
        }
    }

    /// <summary>Sends again what owners could not store.</summary>
    public void ResendPassing()
    {
        foreach (var attempt in Snapshot())
        {
            attempt.Resend(onNewStream: false);
        }
    }

    /// <summary>Adds the progress that was reported since the last call.</summary>
    public void TakeProgress(ICollection<Progress> into)
    {
        foreach (var attempt in Snapshot())
        {
            if (attempt.TakeProgress() is { } fraction)
            {
                into.Add(new Progress { Lease = attempt.Offer.Lease, Fraction = fraction });
            }
        }
    }
}
