using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <content>What people do to a run.</content>
internal sealed partial class GraphRunGrain
{
    public Task<RunView> CancelAsync(string reason, CancellationToken cancellationToken) => CancelWithGraceAsync(reason, null, cancellationToken);

    public Task<RunView> CancelWithGraceAsync(string reason, TimeSpan? grace, CancellationToken cancellationToken) =>
        ControlAsync(new CancelRun(reason, grace), "cancelled");

    public Task<RunView> PauseAsync(string reason, CancellationToken cancellationToken) => ControlAsync(new PauseRun(reason), "paused");

    public Task<RunView> ResumeAsync(CancellationToken cancellationToken) => ControlAsync(new ResumeRun(), "resumed");

    public async Task<RunView> AnswerAsync(string node, bool approved, string? payloadJson, CancellationToken cancellationToken)
    {
        RequireRun();
        var gate = RequireNode(node);
        if (_pump.Tentative.Plan!.Nodes[gate].Gate is null)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Node '{node}' of run '{_id}' is no gate; only a node with 'approval' takes answers.");
        }

        var (decision, committed) = Take(new AnswerGate(gate, approved, payloadJson));
        await committed;
        return decision.Refused switch
        {
            null => View(),
            LeaseReasons.NotReady => throw new FlowException(
                FlowErrorCode.BadInput, $"Gate '{node}' of run '{_id}' does not wait for an answer yet: its parents have not led to it."),
            _ => throw new FlowException(FlowErrorCode.AlreadyEnded, $"Gate '{node}' of run '{_id}' has ended ({_pump.Committed.Nodes[gate].Status})."),
        };
    }

    public async Task ChildEndedAsync(ChildOutcome outcome, CancellationToken cancellationToken)
    {
        _pump.ThrowIfFailed();
        if (_pump.Tentative.Find(outcome.Task) is { } slot && RunChildren.IdOf(_pump.Tentative, slot) == outcome.Child)
        {
            var failure = outcome.Failure is { } why ? new LeaseFailure(why.Reason, why.Permanent, why.Message) : null;
            await Take(new EndChild(slot, outcome.ResultJson, failure)).Committed;
        }
    }

    private Task RefuseChildAsync(TaskSlot slot, LeaseFailure failure) => Take(new EndChild(slot, null, failure)).Committed;

    private async Task<RunView> ControlAsync(GraphRunCommand command, string what)
    {
        RequireRun();
        var (decision, committed) = Take(command);
        await committed;
        return decision.IsAccepted
            ? View()
            : throw new FlowException(FlowErrorCode.AlreadyEnded, $"Run '{_id}' has ended ({_pump.Committed.Status}); it cannot be {what}.");
    }

    private RunView View() => RunViews.Run(_pump.Committed, _pump.Tentative.RefusedEffects, withNodes: true) with
    {
        IdempotencyKey = _submission?.IdempotencyKey, Parent = _submission?.Parent ?? default,
    };

    private void RequireRun()
    {
        _pump.ThrowIfFailed();
        ThrowIfDeleted();
        if (!_pump.Tentative.Exists)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"There is no run '{_id}'. 'flow runs' lists those that exist.");
        }
    }

    private int RequireNode(string node) =>
        _pump.Committed.Plan?.Find(node)?.Index ?? throw new FlowException(FlowErrorCode.NotFound, $"Run '{_id}' has no node '{node}'.");

    private TaskSlot RequireLease(LeaseToken token)
    {
        RequireRun();
        return _pump.Tentative.Find(token.TaskId) is { } slot && _pump.Tentative[slot].IsCurrent(token.Epoch, _clock.GetUtcNow())
            ? slot
            : throw new FlowException(FlowErrorCode.LeaseLost, $"The lease of task '{token.TaskId}' with epoch {token.Epoch} is not current; stop the attempt.");
    }
}
