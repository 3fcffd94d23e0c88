using System.Collections.Immutable;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The history of statuses. A run's is kept; a node's follows from its times, but for what came before it began anew, so that a plain node costs nothing.</summary>
internal static class RunHistory
{
    /// <summary>Most changes that are kept of a run or node; older ones leave, but for the first.</summary>
    public const int Max = 64;

    /// <summary>The state after a change, with the change of status that came with it.</summary>
    public static GraphRunState Follow(GraphRunState before, GraphRunState after, GraphRunEvent change)
    {
        RunStatus? from = before.Exists ? Shown(before) : null;
        return from == Shown(after) && before.Exists
            ? after
            : after with { History = Add(before.Exists ? before.History : [], new StatusChange(from, Shown(after), change.AtUtc, ReasonOf(change))) };
    }

    /// <summary>The history of a run that was never paused and never went on after its end: it follows from its times, and need not be stored.</summary>
    public static ImmutableList<StatusChange> Plain(GraphRunState state)
    {
        ImmutableList<StatusChange> changes = [new StatusChange(null, RunStatus.Pending, state.SubmittedUtc)];
        if (state.StartedUtc is { } startedUtc)
        {
            changes = changes.Add(new StatusChange(RunStatus.Pending, RunStatus.Running, startedUtc));
        }

        return state is { IsTerminal: true, EndedUtc: { } endedUtc }
            ? changes.Add(new StatusChange(changes[^1].To, state.Status, endedUtc, state.Status == RunStatus.Completed ? null : state.CancelReason ?? state.Failure?.Reason))
            : changes;
    }

    /// <summary>Every kept change of a node's status, oldest first.</summary>
    public static IReadOnlyList<StatusChange> OfNode(GraphRunState state, int node)
    {
        var current = state.Nodes[node];
        var changes = current.Past;
        var status = changes is [.., var last] ? last.To : RunStatus.Pending;
        if (changes.IsEmpty)
        {
            changes = changes.Add(new StatusChange(null, RunStatus.Pending, state.SubmittedUtc));
        }

        if (status == RunStatus.Pending && current.StartedUtc is { } startedUtc)
        {
            changes = Add(changes, new StatusChange(status, status = RunStatus.Running, startedUtc));
        }

        return current is { IsTerminal: true, EndedUtc: { } endedUtc }
            ? Add(changes, new StatusChange(status, current.Status, endedUtc, EndOf(state, node)))
            : changes;
    }

    /// <summary>What a node has been through when it goes on at <paramref name="atUtc"/>.</summary>
    public static ImmutableList<StatusChange> Past(GraphRunState state, int node, RunStatus next, DateTimeOffset atUtc, string reason)
    {
        var before = OfNode(state, node).ToImmutableList();
        return before[^1].To == next ? before : Add(before, new StatusChange(before[^1].To, next, atUtc, reason));
    }

    /// <summary>Status as people are shown it.</summary>
    public static RunStatus Shown(GraphRunState state) => state is { IsPaused: true, IsTerminal: false } ? RunStatus.Paused : state.Status;

    private static ImmutableList<StatusChange> Add(ImmutableList<StatusChange> changes, StatusChange change) =>
        (changes.Count < Max ? changes : changes.RemoveAt(1)).Add(change);

    private static string? ReasonOf(GraphRunEvent change) => change switch
    {
        RunPaused paused => paused.Reason,
        RunAborted { Failure: { } failure } => failure.Reason,
        RunAborted aborted => aborted.Reason,
        RunReopened reopened => reopened.Reason,
        RunCompensating begun => begun.Failure?.Reason ?? begun.Reason,
        RunStatusChanged { Status: RunStatus.Failed or RunStatus.Cancelled } => "compensated",
        _ => null,
    };

    private static string? EndOf(GraphRunState state, int node) => state.Nodes[node].Status switch
    {
        RunStatus.Failed => state.Nodes[node].Failure?.Reason ?? state.Failure?.Reason,
        RunStatus.Cancelled => state.CancelReason ?? (state.Failure is { } failure ? $"run failed: {failure.Reason}" : null),
        _ => null,
    };
}
