using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using Wire = OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <content>How outcomes reach the owners of their tasks.</content>
internal sealed partial class SessionEffects
{
    /// <summary>Begins to record outcomes; waits only while too much is in flight.</summary>
    public async ValueTask CompleteAsync(Wire.Outcomes message, CancellationToken cancellationToken)
    {
        var outcomes = new AttemptOutcome[message.Outcomes_.Count];
        for (var position = 0; position < outcomes.Length; position++)
        {
            outcomes[position] = message.Outcomes_[position].ToOutcome();
        }

        for (var first = 0; first < outcomes.Length; first += _inFlightMax)
        {
            // Their permits first: those that hold them must not wait for others of the same message.
            var count = Math.Min(_inFlightMax, outcomes.Length - first);
            await _permits.WaitAsync(count, cancellationToken);
            BeginComplete(outcomes.AsSpan(first, count), cancellationToken);
        }
    }

    private void BeginComplete(ReadOnlySpan<AttemptOutcome> outcomes, CancellationToken cancellationToken)
    {
        var partitions = new List<AttemptOutcome>?[TaskPartitions.Count];
        var runs = new Dictionary<(RunId Run, bool IsWorkflow), List<AttemptOutcome>>(outcomes.Length);
        Interlocked.Add(ref _running, outcomes.Length);
        foreach (var outcome in outcomes)
        {
            var task = outcome.Token.TaskId;
            if (WaitForBatchesAsync(outcome.Token) is { } closed)
            {
                _ = CompleteOneAsync(outcome, closed, cancellationToken);
            }
            else if (task.IsStandalone)
            {
                (partitions[TaskPartitions.NumberOf(task)] ??= []).Add(outcome);
            }
            else
            {
                var owner = (task.RunId, task.IsWorkflow);
                if (runs.TryGetValue(owner, out var group))
                {
                    group.Add(outcome);
                }
                else
                {
                    runs.Add(owner, [outcome]);
                }
            }
        }

        for (var number = 0; number < partitions.Length; number++)
        {
            if (partitions[number] is { } group)
            {
                var partition = _grains.GetGrain<ITaskPartitionGrain>(TaskPartitions.Keys[number]);
                _ = CompleteManyAsync(partition.CompleteAsync(group, cancellationToken), group, cancellationToken);
            }
        }

        foreach (var ((run, isWorkflow), group) in runs)
        {
            var recording = isWorkflow
                // Its answer may bear leases, which somebody must hear of also when the session ends meanwhile.
                ? _grains.GetGrain<IWorkflowRunGrain>(run.Value).CompleteManyAsync(group, _workerId, _sessionId, CancellationToken.None)
                : _grains.GetGrain<IGraphRunGrain>(run.Value).CompleteManyAsync(group, cancellationToken);
            _ = CompleteManyAsync(recording, group, cancellationToken);
        }
    }

    private async Task CompleteOneAsync(AttemptOutcome outcome, Task batchesClosed, CancellationToken cancellationToken)
    {
        EffectReceipt receipt;
        try
        {
            await batchesClosed;
            receipt = await _grains.GetGrain<ITaskGrain>(outcome.Token.TaskId.Value).CompleteAsync(outcome, cancellationToken);
        }
        catch (Exception exception)
        {
            receipt = Refused(exception, outcome.Token, cancellationToken);
        }

        Answer(outcome.Token, receipt);
    }

    private async Task CompleteManyAsync(
        Task<IReadOnlyList<EffectReceipt>> recording, List<AttemptOutcome> outcomes, CancellationToken cancellationToken)
    {
        IReadOnlyList<EffectReceipt> receipts;
        try
        {
            receipts = await recording;
        }
        catch (Exception exception)
        {
            foreach (var outcome in outcomes)
            {
                Answer(outcome.Token, Refused(exception, outcome.Token, cancellationToken));
            }

            return;
        }

        for (var position = 0; position < outcomes.Count; position++)
        {
            Answer(outcomes[position].Token, receipts[position]);
        }
    }

    private void Answer(LeaseToken token, EffectReceipt receipt)
    {
        var wire = new Wire.OutcomeReceipt { Lease = token.ToWire(), Accepted = receipt.Accepted, RefusedReason = receipt.RefusedReason ?? "" };
        _outcomeReceipts.Writer.TryWrite((wire, token, receipt.Next));
        Leave();
    }
}
