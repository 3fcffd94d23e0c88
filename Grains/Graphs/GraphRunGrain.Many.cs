using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <content>Many tasks of one worker in one call: one turn, and one wait for the commit that holds them all.</content>
internal sealed partial class GraphRunGrain
{
    public async Task<IReadOnlyList<LeaseGrant?>> GrantManyAsync(
        IReadOnlyList<TaskId> tasks, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        var grants = new LeaseGrant?[tasks.Count];
        var last = Task.CompletedTask;
        for (var index = 0; index < grants.Length; index++)
        {
            if (_pump.Tentative.Find(tasks[index]) is { } slot)
            {
                // The last wait covers the others: nothing is written before this turn ends.
                (var decision, last) = Take(new LeaseTask(slot, new GrantLease(worker, sessionId)));
                grants[index] = decision.IsAccepted ? RunViews.Grant(decision.State, slot) : null;
            }
        }

        await last;
        return grants;
    }

    public async Task<IReadOnlyList<bool>> RenewManyAsync(
        IReadOnlyList<LeaseRenewal> renewals, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        var standing = new bool[renewals.Count];
        var last = Task.CompletedTask;
        for (var index = 0; index < standing.Length; index++)
        {
            var (token, progress) = renewals[index];
            if (_pump.Tentative.Find(token.TaskId) is not { } slot)
            {
                continue;
            }

            var (decision, committed) = Take(new LeaseTask(slot, new RenewLease(token.Epoch, worker, sessionId, progress)));
            standing[index] = decision.IsAccepted;
            if (decision.IsAccepted)
            {
                _restored.Remove(slot);
            }
            else
            {
                last = committed;
            }
        }

        await last;
        return standing;
    }

    public Task<IReadOnlyList<EffectReceipt>> ReportBatchesAsync(IReadOnlyList<BatchReport> reports, CancellationToken cancellationToken) =>
        EffectsAsync(reports, report => (report.Token, TaskReports.ToCommand(report)));

    public Task<IReadOnlyList<EffectReceipt>> CompleteManyAsync(IReadOnlyList<AttemptOutcome> outcomes, CancellationToken cancellationToken) =>
        EffectsAsync(outcomes, outcome => (outcome.Token, CommandOf(outcome)));

    public async Task RevokeManyAsync(IReadOnlyList<LeaseToken> tokens, string reason, CancellationToken cancellationToken)
    {
        var last = Task.CompletedTask;
        foreach (var token in tokens)
        {
            if (_pump.Tentative.Find(token.TaskId) is { } slot)
            {
                (_, last) = Take(new LeaseTask(slot, new RevokeLease(token.Epoch, reason)));
            }
        }

        await last;
    }

    private async Task<IReadOnlyList<EffectReceipt>> EffectsAsync<T>(IReadOnlyList<T> effects, Func<T, (LeaseToken Token, LeaseCommand? Command)> read)
    {
        var receipts = new EffectReceipt[effects.Count];
        var last = Task.CompletedTask;
        for (var index = 0; index < receipts.Length; index++)
        {
            var (token, command) = read(effects[index]);
            if (command is null)
            {
                receipts[index] = new EffectReceipt(false, LeaseReasons.BadInput);
            }
            else if (_pump.Tentative.Find(token.TaskId) is not { } slot)
            {
                receipts[index] = new EffectReceipt(false, LeaseReasons.LeaseLost);
            }
            else
            {
                (var decision, last) = Take(new LeaseTask(slot, command));
                receipts[index] = new EffectReceipt(decision.IsAccepted, decision.Refused);
                if (!decision.IsAccepted)
                {
                    LogEffectRefused(token.TaskId, token.Epoch, command.GetType().Name, decision.Refused!);
                }
            }
        }

        await last;
        return receipts;
    }
}
