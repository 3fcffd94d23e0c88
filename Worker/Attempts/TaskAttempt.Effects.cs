using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Attempts;

/// <summary>Reports and the outcome: made, sent, kept until answered.</summary>
internal sealed partial class TaskAttempt
{
    /// <summary>Waits until another report may be sent.</summary>
    /// <exception cref="OperationCanceledException">The attempt must stop.</exception>
    public ValueTask WaitForWindowAsync() => WaitAsync(_window - 1);

    /// <summary>Waits until every report was accepted.</summary>
    /// <exception cref="OperationCanceledException">The attempt must stop.</exception>
    public ValueTask WaitForReceiptsAsync() => WaitAsync(0);

    /// <summary>Reports a written batch.</summary>
    /// <exception cref="OperationCanceledException">The attempt must stop.</exception>
    public void Report(BatchReport report)
    {
        lock (_gate)
        {
            ThrowIfStoppingWhileLocked();
            (_reports ??= new List<BatchReport>(_window)).Add(report);
            _outbox.Add(report);
        }
    }

    /// <summary>The handler was told that a batch of a parent cannot be read. If it fails now, that is why.</summary>
    public void NoteLost(InputRef reference)
    {
        lock (_gate)
        {
            _lostInput ??= new LostInput { Node = reference.Node, TaskIndex = reference.TaskIndex, Index = reference.Index, Path = reference.Path };
        }
    }

    /// <summary>The failure of an attempt, with the input that it could not read.</summary>
    public Outcome WithLostInput(Outcome failed)
    {
        lock (_gate)
        {
            if (_lostInput is { } lost)
            {
                (failed.Reason, failed.Permanent) = (FlowErrorKind.Of(FlowErrorCode.ArtifactLost).Wire, false);
                failed.LostInputs.Add(lost);
            }
        }

        return failed;
    }

    /// <summary>The end of an attempt that was told to stop.</summary>
    public Outcome StopOutcome()
    {
        lock (_gate)
        {
            var stopped = new Outcome { Lease = Offer.Lease, Kind = Outcome.Types.Kind.Stopped, Reason = StopReason ?? "" };
            if (IsFenced)
            {
                return stopped;
            }

            // The lease stands and the work cannot go on: that is a failure, and the retry policy has to decide.
            if (RefusedReason is { } refused)
            {
                stopped.Kind = Outcome.Types.Kind.Failed;
                stopped.Reason = refused;
                stopped.Message = $"An output batch of task '{Token.TaskId}' was refused: {refused}.";
            }
            else if (StopReason == FlowErrorKind.Of(FlowErrorCode.DeadlineExceeded).Wire)
            {
                stopped.Kind = Outcome.Types.Kind.Failed;
                stopped.Message = $"The attempt took longer than its {Offer.TimeoutMs} ms.";
            }

            return stopped;
        }
    }

    /// <summary>Says how the attempt ended, and sends it unless nobody wants to know. What is not yet decided here stands from now on.</summary>
    /// <param name="outcome">The end.</param>
    /// <param name="isDear">Whether a crash must not make the attempt run again.</param>
    /// <returns>False when there will be no receipt.</returns>
    public bool End(Outcome outcome, bool isDear = true)
    {
        lock (_gate)
        {
            if (IsForgotten)
            {
                return false;
            }

            if (Outcome is not null)
            {
                return true;
            }

            // A fence that fell after the runner had decided, or a completion whose end came too late.
            if (IsFenced && outcome.Kind != Outcome.Types.Kind.Stopped)
            {
                outcome = new Outcome { Lease = Offer.Lease, Kind = Outcome.Types.Kind.Stopped, Reason = StopReason ?? "" };
            }

            Outcome = outcome;
            _outbox.Add(outcome, isDear);
            return true;
        }
    }

    /// <summary>A batch's receipt.</summary>
    /// <returns>The reason when the owner refused the batch and the attempt must stop; else null.</returns>
    public string? OnReceipt(BatchReceipt receipt)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            // Answered before, on the stream that was lost: nothing waits for it any more.
            var position = _reports?.FindIndex(report => report.Index == receipt.Index) ?? -1;
            if (position < 0)
            {
                return null;
            }

            if (!receipt.Accepted)
            {
                if (EffectRefusal.Passes(receipt.RefusedReason))
                {
                    _mustResend = true;
                    return null;
                }

                if (!EffectRefusal.EndsLease(receipt.RefusedReason))
                {
                    RefusedReason = receipt.RefusedReason;
                }

                return receipt.RefusedReason.Length == 0 ? FlowErrorKind.Of(FlowErrorCode.LeaseLost).Wire : receipt.RefusedReason;
            }

            _reports!.RemoveAt(position);
            waiting = _receiptArrived;
            _receiptArrived = null;
        }

        waiting?.TrySetResult();
        return null;
    }

    /// <summary>The end's receipt.</summary>
    /// <returns>True when the attempt can be forgotten; false when something else is being sent in its place.</returns>
    public bool OnReceipt(OutcomeReceipt receipt)
    {
        lock (_gate)
        {
            if (Outcome is null)
            {
                return false;
            }

            if (receipt.Accepted || EffectRefusal.EndsLease(receipt.RefusedReason))
            {
                return true;
            }

            if (EffectRefusal.Passes(receipt.RefusedReason))
            {
                _mustResend = true;
                return false;
            }

            if (Outcome.Kind != Outcome.Types.Kind.Completed)
            {
                return true;
            }

            // The lease still stands, so a completion that its owner cannot take must become a failure: the retry policy then decides.
            Outcome = new Outcome
            {
                Lease = Offer.Lease,
                Kind = Outcome.Types.Kind.Failed,
                Reason = receipt.RefusedReason,
                Message = $"The completion of task '{Token.TaskId}' with {Outcome.BatchCount} batches was refused: {receipt.RefusedReason}.",
            };
            _outbox.Add(Outcome);
            return false;
        }
    }

    /// <summary>Sends again whatever has no receipt: on a new stream everything, else what the owner could not store.</summary>
    public void Resend(bool onNewStream)
    {
        lock (_gate)
        {
            if (!onNewStream && !_mustResend)
            {
                return;
            }

            _mustResend = false;
            foreach (var report in _reports ?? [])
            {
                _outbox.Add(report, isRepeated: true);
            }

            if (_checkpoint is not null)
            {
                _outbox.Add(_checkpoint);
            }

            if (Outcome is not null)
            {
                _outbox.Add(Outcome, isRepeated: true);
            }
        }
    }

    private async ValueTask WaitAsync(int reportsMax, bool alsoWhileStopping = false)
    {
        while (true)
        {
            Task arrival;
            lock (_gate)
            {
                if (alsoWhileStopping)
                {
                    ThrowIfFencedWhileLocked();
                }
                else
                {
                    ThrowIfStoppingWhileLocked();
                }

                if ((_reports?.Count ?? 0) <= reportsMax)
                {
                    return;
                }

                _receiptArrived ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _receiptArrived.Task;
            }

            await arrival;
        }
    }

    private void ThrowIfStoppingWhileLocked()
    {
        if (StopReason is not null)
        {
            throw new OperationCanceledException($"The attempt must stop: {StopReason}.", Stopping);
        }
    }
}
