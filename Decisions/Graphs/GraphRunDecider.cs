using OrleansFlow.Decisions.Leases;
using OrleansFlow.Decisions.Variables;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The rules of a run: readiness, fan-in, ends. Pure; each task's lease is decided by <see cref="LeaseDecider"/>.</summary>
/// <remarks>
/// Everything that follows from an effect is decided with it, so that one write holds both (lease rule 3): the first batch of a parent opens
/// the children that wait for it, the last completion of a node opens, skips or completes its children and at the end the run, and a task that
/// fails for good fails its node, which another node may remedy, or else ends the run and cancels the rest.
/// </remarks>
public static class GraphRunDecider
{
    private static readonly VariableRules DefaultVariables = new(new SensitiveValueDetector(), blocksSensitive: false);

    /// <summary>Decides one command.</summary>
    /// <param name="state">The newest state, durable or not.</param>
    /// <param name="command">What is asked.</param>
    /// <param name="leaseDuration">How long a lease stands after its grant or renewal.</param>
    /// <param name="nowUtc">The time.</param>
    public static GraphRunDecision Decide(GraphRunState state, GraphRunCommand command, TimeSpan leaseDuration, DateTimeOffset nowUtc) =>
        Decide(state, command, leaseDuration, nowUtc, null);

    /// <summary>Decides one command, with other rules for its tasks' leases and for its variables where they are given.</summary>
    internal static GraphRunDecision Decide(
        GraphRunState state, GraphRunCommand command, TimeSpan leaseDuration, DateTimeOffset nowUtc, ILeaseRules? rules, VariableRules? variables = null)
    {
        ArgumentNullException.ThrowIfNull(state);
        var step = new GraphRunStep(state, leaseDuration, nowUtc, rules, variables ?? DefaultVariables);
        var refused = command switch
        {
            SubmitRun submit => step.Submit(submit),
            LeaseTask lease => step.Lease(lease.Slot, lease.Command),
            CancelRun cancel => step.Cancel(cancel.Reason, cancel.Grace),
            PauseRun pause => step.Pause(pause.Reason),
            ResumeRun => step.Resume(),
            AnswerGate answer => step.Answer(answer),
            ReopenRun reopen => step.Reopen(reopen),
            AnswerCache answer => step.AnswerCache(answer),
            EndChild child => step.EndChild(child),
            PassRunTime => step.PassTime(),
            RestoreRun => step.ForActive(new RestoreLease()),
            _ => throw new ArgumentException($"Unknown run command '{command?.GetType().Name}'.", nameof(command)),
        };
        return new GraphRunDecision(step.State, step.Events.ToImmutable(), refused);
    }

    /// <summary>The state after an event.</summary>
    public static GraphRunState Apply(GraphRunState state, GraphRunEvent change)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(change);
        var next = change switch
        {
            RunSubmitted submitted => GraphRunFold.Submit(state, submitted),
            EdgeSettled edge => GraphRunFold.SettleEdge(state, edge),
            NodeOpened opened => CompensationFold.Open(GraphRunFold.Open(state, opened), opened.Node),
            CacheAsked asked => GraphRunFold.With(state, asked.Node, state.Nodes[asked.Node] with { CacheKey = asked.Key }),
            CacheAnswered answered => GraphRunFold.With(
                state, answered.Node, state.Nodes[answered.Node] with { IsCacheAnswered = true, CachedFrom = answered.From }),
            NodeGrown grown => ScatterFold.Grow(state, grown),
            NodeRestCancelled rest => ScatterFold.CancelRest(state, rest),
            RunPaused => state with { IsPaused = true },
            RunResumed => state with { IsPaused = false },
            NodeFailed failed => GraphRunFold.FailNode(state, failed),
            VariablesChanged variables => state with { Variables = variables.Variables },
            NodeHeldBack held => GraphRunFold.HoldBack(state, held),
            RunTaskChanged task => GraphRunFold.ChangeTask(state, task),
            NodeStatusChanged node => GraphRunFold.ChangeNode(state, node),
            RunStatusChanged run => state with
            {
                Status = run.Status,
                StartedUtc = state.StartedUtc ?? run.AtUtc,
                EndedUtc = GraphRunState.IsEnd(run.Status) ? run.AtUtc : null,
            },
            RunCompensating compensating => CompensationFold.Begin(state, compensating),
            RunAborted aborted => GraphRunFold.Abort(state, aborted),
            RunReopened reopened => RunReopening.Apply(state, reopened),
            _ => throw new ArgumentException($"Unknown run event '{change.GetType().Name}'.", nameof(change)),
        };
        return change.IsDurable ? RunHistory.Follow(state, next, change) with { Version = state.Version + 1, ChangedUtc = change.AtUtc } : next;
    }
}
