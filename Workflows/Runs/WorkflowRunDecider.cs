using System.Text;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Runs;

/// <summary>Decides what becomes of a run: a pure function of state, command and time.</summary>
/// <remarks>
/// <para>
/// A step is one decision: context delta, successors, outputs, item, counters and status change together, and whoever stores the decision's state in one
/// commit has a transaction. A failed, lost or refused step changes nothing of the context.
/// </para>
/// <para>
/// Every lease of an item has an epoch; a step under another one than the current is refused, so an item that was handed out twice takes effect once.
/// A final status never changes. Completed means that no item is left, pending, waiting or in flight.
/// </para>
/// </remarks>
public static partial class WorkflowRunDecider
{
    /// <summary>Most signals that are kept for later.</summary>
    public const int MaxSignals = 1_000;

    /// <summary>A run with its first item: there is no moment at which one exists without the other.</summary>
    /// <param name="workflow">The definition; the run ends on it.</param>
    /// <param name="context">The context to begin with.</param>
    /// <param name="input">The start node's input.</param>
    /// <param name="defaultRetry">How failed steps are repeated whose node does not say; <see langword="null"/> for <see cref="StepRetryPolicy.Default"/>.</param>
    public static WorkflowRunState Start(CompiledWorkflow workflow, Payload context, Payload input, StepRetryPolicy? defaultRetry = null)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        var edit = new RunEdit(new WorkflowRunState
        {
            Workflow = workflow,
            Snapshot = context,
            DefaultRetry = defaultRetry ?? StepRetryPolicy.Default,
            LiveAt = [.. new int[workflow.Nodes.Length]],
            Visits = [.. new int[workflow.Nodes.Length]],
        });
        edit.Follow([new ItemSeed(workflow.Start, input)], [], DateTimeOffset.UnixEpoch);
        edit.Settle();
        return edit.State;
    }

    /// <summary>Decides a command.</summary>
    /// <param name="state">The run.</param>
    /// <param name="command">What is asked.</param>
    /// <param name="nowUtc">The time.</param>
    public static WorkflowDecision Decide(WorkflowRunState state, WorkflowCommand command, DateTimeOffset nowUtc)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(command);
        return command switch
        {
            WorkflowCommand.Take => Take(state),
            WorkflowCommand.Commit commit => Commit(state, commit, nowUtc),
            WorkflowCommand.Fail fail => Fail(state, fail, nowUtc),
            WorkflowCommand.Lose lose => Lose(state, lose),
            WorkflowCommand.Tick => Tick(state, nowUtc),
            WorkflowCommand.Signal signal => Signal(state, signal),
            WorkflowCommand.Fold fold => Fold(state, fold),
            _ => Steer(state, command),
        };
    }

    private static WorkflowDecision Take(WorkflowRunState state)
    {
        if (state.Status != WorkflowRunStatus.Running || state.Pending.IsEmpty)
        {
            return new(state, WorkflowAnswer.Idle);
        }

        var lane = 0;
        foreach (var taken in state.Lanes)
        {
            if (taken != lane)
            {
                break;
            }

            lane++;
        }

        var item = state.Items[state.Pending.Min];
        item = item with { Status = WorkItemStatus.InProgress, Attempts = item.Attempts + 1, Epoch = item.Epoch + 1, Lane = lane, DueUtc = null };
        var edit = new RunEdit(state);
        edit.Put(item);
        return new(edit.State, WorkflowAnswer.Taken, item);
    }

    private static WorkflowDecision Commit(WorkflowRunState state, WorkflowCommand.Commit commit, DateTimeOffset nowUtc)
    {
        if (Fenced(state, commit.Item, commit.Epoch, out var item) is { } stale)
        {
            return stale;
        }

        var node = state.Workflow.Nodes[item.Node];
        var outcome = commit.Outcome;
        foreach (var seed in outcome.Successors)
        {
            if (!Leads(node, seed.Node))
            {
                return Refuse(state, $"Node '{node.Name}' has no edge to node {seed.Node} of workflow '{state.Workflow.Name}'.");
            }
        }

        if (outcome.Outputs.Length > 0 && !node.IsTerminal)
        {
            return Refuse(state, $"Node '{node.Name}' does not end a branch of workflow '{state.Workflow.Name}' and cannot give an output.");
        }

        var edit = new RunEdit(state);
        if (!outcome.Delta.IsDefault)
        {
            edit.State = edit.State with { Deltas = edit.State.Deltas.Add(outcome.Delta) };
        }

        if (outcome.Signal is { } signal)
        {
            Await(edit, item, signal, outcome.DueUtc);
            return Done(edit);
        }

        var ends = outcome.Outputs.Length > 0;
        var counters = edit.State.Counters;
        edit.State = edit.State with { Counters = counters with { Total = counters.Total + 1, Completed = counters.Completed + (ends ? 1 : 0) } };
        if (outcome.DueUtc > nowUtc)
        {
            edit.Put(item with { Status = WorkItemStatus.Sleeping, DueUtc = outcome.DueUtc, Successors = outcome.Successors, Outputs = outcome.Outputs });
        }
        else
        {
            edit.Remove(item);
            edit.Follow(outcome.Successors, outcome.Outputs, nowUtc);
        }

        return Done(edit);
    }

    private static WorkflowDecision Fail(WorkflowRunState state, WorkflowCommand.Fail fail, DateTimeOffset nowUtc)
    {
        if (Fenced(state, fail.Item, fail.Epoch, out var item) is { } stale)
        {
            return stale;
        }

        var node = state.Workflow.Nodes[item.Node];
        var edit = new RunEdit(state with { Errors = state.Errors.Add(new(item.Id, node.Name, item.Attempts, fail.Message, nowUtc)) });
        var counters = state.Counters;
        var policy = node.Retry ?? state.DefaultRetry;
        if (policy.ShouldRetry(fail.Kind, item.Attempts))
        {
            edit.State = edit.State with { Counters = counters with { Retries = counters.Retries + 1 } };
            edit.Put(item with { Status = WorkItemStatus.WaitingRetry, DueUtc = nowUtc + policy.BackoffAfter(item.Attempts, fail.Chance) });
            return Done(edit);
        }

        var fallbacks = node.Edges.Where(edge => edge.Kind == EdgeKind.Fallback).ToList();
        if (fallbacks.Count == 0)
        {
            edit.State = edit.State with { Counters = counters with { Failed = counters.Failed + 1 } };
            edit.End(WorkflowRunStatus.Failed, $"Node '{node.Name}' failed {(item.Attempts == 1 ? "once" : $"{item.Attempts} times")}: {fail.Message}", fail.Kind == FailureKinds.Timeout ? FlowErrorCode.DeadlineExceeded : FlowErrorCode.UnexpectedError);
            return Done(edit);
        }

        var input = FailureOf(item, node, fail.Message);
        edit.State = edit.State with { Counters = counters with { Total = counters.Total + 1 } };
        edit.Remove(item);
        edit.Follow([.. fallbacks.Select(edge => new ItemSeed(edge.Target, input))], [], nowUtc);
        return Done(edit);
    }

    private static WorkflowDecision Lose(WorkflowRunState state, WorkflowCommand.Lose lose)
    {
        if (Fenced(state, lose.Item, lose.Epoch, out var item) is { } stale)
        {
            return stale;
        }

        var edit = new RunEdit(state);
        edit.Put(item with { Status = WorkItemStatus.Pending, Attempts = item.Attempts - 1 });
        return Done(edit);
    }

    private static WorkflowDecision Done(RunEdit edit)
    {
        if (edit.Overrun is { } overrun && !edit.State.IsFinal)
        {
            edit.End(WorkflowRunStatus.Failed, overrun, FlowErrorCode.LimitExceeded);
        }

        edit.Settle();
        if (edit.Overrun is { } late && !edit.State.IsFinal)
        {
            edit.End(WorkflowRunStatus.Failed, late, FlowErrorCode.LimitExceeded);
        }

        return new(edit.State, edit.State.IsFinal ? WorkflowAnswer.Completed : WorkflowAnswer.Stepped);
    }

    private static WorkflowDecision? Fenced(WorkflowRunState state, long id, long epoch, out WorkItem item)
    {
        if (state.IsFinal)
        {
            item = null!;
            return Refuse(state, $"The run has ended ({state.Status}); item {id} comes too late.");
        }

        return state.Items.TryGetValue(id, out item!) && item.Status == WorkItemStatus.InProgress && item.Epoch == epoch
            ? null
            : Refuse(state, $"Item {id} is not leased under epoch {epoch}{(item is null ? "" : $"; it is {item.Status} under {item.Epoch}")}.");
    }

    private static WorkflowDecision Refuse(WorkflowRunState state, string why) => new(state, WorkflowAnswer.Refused, Refused: why);

    private static bool Leads(CompiledNode node, int target) => target >= 0 && node.Edges.Any(edge => edge.Target == target && edge.Kind != EdgeKind.Fallback);

    /// <summary>The JSON of a <see cref="NodeFailure{TIn}"/>, made without the user's type.</summary>
    private static Payload FailureOf(WorkItem item, CompiledNode node, string message) => new(Encoding.UTF8.GetBytes(
        $"{{\"input\":{item.Input},\"node\":{JsonSerializer.Serialize(node.Name)},\"error\":{JsonSerializer.Serialize(message)},\"attempts\":{item.Attempts}}}"));
}
