using System.Collections.Immutable;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Runs;

/// <summary>Several commands on a run that are to be stored in one commit. For one thread; serves one commit.</summary>
/// <remarks>A command that is refused leaves the turn as it was.</remarks>
/// <param name="state">The run.</param>
public sealed class WorkflowRunTurn(WorkflowRunState state)
{
    private readonly RunEdit _edit = new(state);
    private readonly List<WorkflowRunEvent> _events = new(2);
    private int _readyBefore;
    private int _roleOf = -1;

    /// <summary>What is to be stored.</summary>
    public ImmutableArray<WorkflowRunEvent> Events => [.. _events];

    /// <summary>The same, not copied and the caller's own: no command may follow.</summary>
    public List<WorkflowRunEvent> TakeEvents() => _events;

    /// <summary>How many events there are.</summary>
    public int EventCount => _events.Count;

    /// <summary>The run after the commands so far.</summary>
    public WorkflowRunState State => _edit.Finish();

    /// <summary>Items that became pending in this turn, in that order; some may have been taken or dropped since.</summary>
    public IReadOnlyList<long> Ready => _edit.Ready;

    /// <summary>Decides a command after those before it.</summary>
    /// <param name="command">What is asked.</param>
    /// <param name="nowUtc">The time.</param>
    public WorkflowTurnStep Do(WorkflowCommand command, DateTimeOffset nowUtc)
    {
        ArgumentNullException.ThrowIfNull(command);
        var before = _edit.State;
        var ruling = WorkflowRunDecider.Rule(before, command, nowUtc);
        if (ruling.Event is not { } happened)
        {
            return ruling.Step;
        }

        _readyBefore = _edit.Ready.Count;
        _roleOf = command is WorkflowCommand.Commit commit ? before.Items[commit.Item].Node : -1;
        _edit.Apply(happened);
        _events.Add(happened);
        return happened is WorkflowRunEvent.Leased leased
            ? new(WorkflowAnswer.Taken, _edit.State.Items[leased.Item])
            : new(_edit.State.IsFinal && !before.IsFinal ? WorkflowAnswer.Completed : WorkflowAnswer.Stepped);
    }

    /// <summary>Leases the first item that became pending by the last command: a worker that has committed a step goes on with what follows.</summary>
    /// <param name="worker">Who gets it.</param>
    /// <param name="session">That worker's session.</param>
    /// <param name="epochFloor">The lease's epoch is above this.</param>
    /// <param name="nowUtc">The time.</param>
    /// <param name="may">
    /// Which nodes the worker may run; <see langword="null"/>: those with the role of the step that was committed and without a concurrency key. Never updates.
    /// </param>
    public WorkflowTurnStep TakeFollower(string? worker, string? session, long epochFloor, DateTimeOffset nowUtc, Func<CompiledNode, bool>? may = null)
    {
        var nodes = _edit.State.Workflow.Nodes;
        for (var place = _readyBefore; place < _edit.Ready.Count; place++)
        {
            if (_edit.State.Items.TryGetValue(_edit.Ready[place], out var item) && item is { Status: WorkItemStatus.Pending, Node: >= 0 }
                && (may is null ? FitsRole(nodes, item.Node) : may(nodes[item.Node])))
            {
                return Do(new WorkflowCommand.Take(item.Id, worker, session, epochFloor), nowUtc);
            }
        }

        return new(WorkflowAnswer.Idle);
    }

    private bool FitsRole(ImmutableArray<CompiledNode> nodes, int node) =>
        _roleOf >= 0 && nodes[node].ConcurrencyKey is null && nodes[node].Role == nodes[_roleOf].Role;
}
