using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>The ends of steps: what is committed, and what the same worker goes on with.</content>
internal sealed partial class WorkflowRunGrain
{
    /// <summary>Steps that a worker may do one after the other, before the next one waits in the queue like those of other runs.</summary>
    private const int InRowMax = 64;

    private readonly WorkflowChance _chance;

    public Task<IReadOnlyList<EffectReceipt>> CompleteManyAsync(
        IReadOnlyList<AttemptOutcome> outcomes, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        var receipts = new EffectReceipt[outcomes.Count];
        if (Tentative is not { Status: not WorkflowRunStatus.None } state)
        {
            Array.Fill(receipts, new EffectReceipt(false, LeaseLost));
            return Task.FromResult<IReadOnlyList<EffectReceipt>>(receipts);
        }

        _pump!.ThrowIfFailed();
        var nowUtc = _clock.GetUtcNow();
        var turn = new WorkflowRunTurn(state);
        (int Index, WorkItem Item, int InRow)? only = null;
        List<(int Index, WorkItem Item, int InRow)>? others = null;
        for (var index = 0; index < receipts.Length; index++)
        {
            var outcome = outcomes[index];
            if (outcome.Token.TaskId.Index >= FirstQuery)
            {
                receipts[index] = EndQuery(outcome);
                continue;
            }

            receipts[index] = Complete(turn, outcome, worker, nowUtc);
            if (receipts[index].Accepted && EndLease(outcome.Token) is { } ended && outcome.End == AttemptEnd.Completed && ended.InRow < InRowMax
                && turn.TakeFollower(worker.Value, sessionId, EpochFloor, nowUtc, _mayFollow) is { Answer: WorkflowAnswer.Taken, Item: { } next })
            {
                var following = (index, next, ended.InRow + 1);
                if (only is null)
                {
                    only = following;
                }
                else
                {
                    (others ??= []).Add(following);
                }
            }
        }

        if (turn.EventCount == 0)
        {
            // A refusal may rest on what is not durable yet.
            return AfterAsync<IReadOnlyList<EffectReceipt>>(_pump.FlushAsync(), receipts);
        }

        var after = turn.State;
        if (only is { } first)
        {
            receipts[first.Index] = new EffectReceipt(true, Next: Lease(after, first.Item, worker, nowUtc, first.InRow));
        }

        if (others is not null)
        {
            foreach (var (index, item, inRow) in others)
            {
                receipts[index] = new EffectReceipt(true, Next: Lease(after, item, worker, nowUtc, inRow));
            }
        }

        return StageAsync<IReadOnlyList<EffectReceipt>>(turn, receipts);
    }

    private EffectReceipt Complete(WorkflowRunTurn turn, AttemptOutcome outcome, WorkerId worker, DateTimeOffset nowUtc)
    {
        var (item, epoch) = (outcome.Token.TaskId.Index, outcome.Token.Epoch);
        WorkflowTurnStep step;
        switch (outcome.End)
        {
            case AttemptEnd.Completed:
                step = Commit(turn, item, epoch, outcome.Step, nowUtc);
                break;
            case AttemptEnd.Failed:
                var failure = outcome.Failure!;
                var code = FlowErrorKind.OfWire(failure.Reason).Code;
                var kind = code switch
                {
                    FlowErrorCode.DeadlineExceeded => FailureKinds.Timeout,
                    FlowErrorCode.Cancelled => FailureKinds.Cancelled,
                    _ => FailureKinds.Generic,
                };
                step = turn.Do(new WorkflowCommand.Fail(item, epoch, kind, failure.Message, _chance.Next()) { Permanent = failure.Permanent, Code = code }, nowUtc);
                break;
            default:
                // Handed back: nothing was done, or nothing that counts.
                _contexts?.Remove(worker);
                step = turn.Do(new WorkflowCommand.Lose(item, epoch), nowUtc);
                break;
        }

        if (step.Answer == WorkflowAnswer.Refused)
        {
            LogEffectRefused(outcome.Token.TaskId, epoch, step.Refused!);
            return new EffectReceipt(false, step.Code == FlowErrorCode.AlreadyEnded ? Cancelled : LeaseLost);
        }

        return new EffectReceipt(true);
    }

    private static WorkflowTurnStep Commit(WorkflowRunTurn turn, long item, long epoch, Payload step, DateTimeOffset nowUtc)
    {
        string refused;
        try
        {
            var committed = turn.Do(new WorkflowCommand.Commit(item, epoch, StepOutcomeJson.Read(step.Utf8)), nowUtc);
            if (committed is not { Answer: WorkflowAnswer.Refused, Code: FlowErrorCode.BadInput })
            {
                return committed;
            }

            refused = committed.Refused!;
        }
        catch (FlowException malformed)
        {
            refused = malformed.Message;
        }

        // The lease stands, and what the worker made of it cannot be: trying again would make the same.
        return turn.Do(new WorkflowCommand.Fail(item, epoch, FailureKinds.Generic, refused) { Permanent = true, Code = FlowErrorCode.BadInput }, nowUtc);
    }
}
