using System.Text;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Runs;

/// <content>What each event does.</content>
internal sealed partial class RunEdit
{
    /// <summary>Applies one event.</summary>
    public void Apply(WorkflowRunEvent happened)
    {
        Draft().Position++;
        switch (happened)
        {
            case WorkflowRunEvent.Leased leased:
                Lease(leased);
                return;
            case WorkflowRunEvent.Committed committed:
                Commit(committed);
                break;
            case WorkflowRunEvent.Failed failed:
                Fail(failed);
                break;
            case WorkflowRunEvent.Lost lost:
                var item = Item(lost.Item);
                Put(item with { Status = WorkItemStatus.Pending, Attempts = item.Attempts - 1, Takeovers = item.Takeovers + (lost.IsTakeover ? 1 : 0), LimitUtc = null });
                return;
            case WorkflowRunEvent.Ticked:
                Tick(happened.AtUtc);
                break;
            case WorkflowRunEvent.Signalled signalled:
                Signal(signalled);
                return;
            case WorkflowRunEvent.UpdateAsked asked:
                Ask(asked);
                return;
            case WorkflowRunEvent.Folded folded:
                Fold(folded.Version, folded.Snapshot);
                return;
            case WorkflowRunEvent.Described described:
                Draft().Attributes = State.Attributes.With(described.Attributes);
                return;
            case WorkflowRunEvent.Steered steered:
                Steer(steered);
                break;
            case WorkflowRunEvent.ChildFinished child:
                Finish(child);
                return;
            case WorkflowRunEvent.OrderDelivered delivered:
                Draft().Owed = State.Owed.Remove(delivered.Order);
                return;
            case WorkflowRunEvent.Started started:
                Start(started);
                break;
            case WorkflowRunEvent.Attached attached:
                Attach(attached);
                break;
            case WorkflowRunEvent.Restored restored:
                Restore(restored);
                break;
            case WorkflowRunEvent.Migrated migrated:
                Migrate(migrated);
                break;
            default:
                throw new FlowException(FlowErrorCode.StateCorrupt, $"Run '{State.RunId}' has an event of an unknown kind, {happened.GetType().Name}.");
        }

        Settle(happened.AtUtc);
    }

    private void Start(WorkflowRunEvent.Started started)
    {
        if (started.Hash != Workflow.Hash)
        {
            throw new FlowException(
                FlowErrorCode.StateCorrupt,
                $"Run '{started.RunId}' began with version {started.Version} of workflow '{started.Workflow}' ({started.Hash[..Math.Min(8, started.Hash.Length)]}) and is read with version {Workflow.Version} of '{Workflow.Name}' ({Workflow.Hash[..8]}). Give the definition that it began with.");
        }

        var draft = Draft();
        draft.RunId = started.RunId;
        draft.Status = WorkflowRunStatus.Running;
        draft.StartedUtc = started.AtUtc;
        draft.Snapshot = started.Context;
        draft.DefaultRetry = started.DefaultRetry ?? StepRetryPolicy.Default;
        draft.IdempotencyKey = started.IdempotencyKey;
        draft.ParentRun = started.ParentRun;
        draft.ParentOrder = started.ParentOrder;
        draft.DeadlineUtc = started.DeadlineUtc;
        draft.Attributes = draft.Attributes.With(started.Attributes);
        var first = new ItemSeed(Workflow.Start, started.Input);
        if (started.NotBeforeUtc > started.AtUtc)
        {
            Put(new WorkItem { Id = NextId(), Node = first.Node, Status = WorkItemStatus.Sleeping, DueUtc = started.NotBeforeUtc, Successors = [first] });
        }
        else
        {
            Begin(first, started.AtUtc);
        }
    }

    private void Lease(WorkflowRunEvent.Leased leased)
    {
        var item = Item(leased.Item);
        var limit = item.Node >= 0 && Workflow.Nodes[item.Node].Timeout is { } timeout ? leased.AtUtc + timeout : State.DeadlineUtc;
        Put(item with
        {
            Status = WorkItemStatus.InProgress,
            Attempts = item.Attempts + 1,
            Epoch = leased.Epoch,
            Lane = FreeLane(),
            Worker = leased.Worker,
            Session = leased.Session,
            LeasedUtc = leased.AtUtc,
            LimitUtc = State.DeadlineUtc < limit ? State.DeadlineUtc : limit,
            DueUtc = null,
        });
        Draft().EpochTop = Math.Max(State.EpochTop, leased.Epoch);
    }

    private void Commit(WorkflowRunEvent.Committed committed)
    {
        var item = Item(committed.Item);
        var outcome = committed.Outcome;
        var draft = Draft();
        if (outcome.Fold is { } fold && fold.Version > draft.SnapshotVersion && fold.Version <= draft.ContextVersion)
        {
            Fold(fold.Version, fold.Snapshot);
        }

        if (!outcome.Delta.IsDefault)
        {
            draft.Deltas = draft.Deltas.Add(outcome.Delta);
        }

        if (!outcome.Attributes.IsEmpty)
        {
            draft.Attributes = draft.Attributes.With(outcome.Attributes);
        }

        if (item.Update is not null)
        {
            Answer(item, new UpdateResult(item.UpdateId!, outcome.Result));
            return;
        }

        if (!outcome.Children.IsEmpty)
        {
            item = item with { Children = Order(item, outcome.Children) };
        }

        if (outcome.GoesOn)
        {
            RunAgain(item, outcome, committed.AtUtc);
            return;
        }

        var ends = outcome.Outputs.Length > 0;
        draft.Counters = draft.Counters with { Total = draft.Counters.Total + 1, Completed = draft.Counters.Completed + (ends ? 1 : 0) };
        if (outcome.ContinueAsNew is { } renewed)
        {
            Renew(renewed, committed.AtUtc);
        }
        else if (outcome.DueUtc > committed.AtUtc)
        {
            Put(item with { Status = WorkItemStatus.Sleeping, DueUtc = outcome.DueUtc, Successors = outcome.Successors, Outputs = outcome.Outputs, LimitUtc = null });
        }
        else
        {
            Remove(item);
            Follow(outcome.Successors, outcome.Outputs, committed.AtUtc);
        }
    }

    private void Fail(WorkflowRunEvent.Failed failed)
    {
        var item = Item(failed.Item);
        var node = item.Node >= 0 ? Workflow.Nodes[item.Node] : null;
        var draft = Draft();
        draft.Errors = Newest(draft.Errors, new StepError(item.Id, node?.Name ?? item.Update!, item.Attempts, failed.Message, failed.AtUtc, failed.Code), WorkflowRunDecider.MaxErrors);
        if (failed.RetryUtc is { } retry)
        {
            draft.Counters = draft.Counters with { Retries = draft.Counters.Retries + 1 };
            Put(item with { Status = WorkItemStatus.WaitingRetry, DueUtc = retry, LimitUtc = null });
            return;
        }

        var code = failed.Code ?? (failed.Kind == FailureKinds.Timeout ? FlowErrorCode.DeadlineExceeded : FlowErrorCode.UnexpectedError);
        if (node is null)
        {
            Answer(item, new UpdateResult(item.UpdateId!, default, failed.Message, code));
            return;
        }

        var fallbacks = node.Edges.Where(edge => edge.Kind == EdgeKind.Fallback).ToList();
        if (fallbacks.Count == 0)
        {
            draft.Counters = draft.Counters with { Failed = draft.Counters.Failed + 1 };
            Put(item with { Status = WorkItemStatus.PermanentlyFailed, LimitUtc = null });
            End(WorkflowRunStatus.Failed, failed.AtUtc, $"Node '{node.Name}' failed {(item.Attempts == 1 ? "once" : $"{item.Attempts} times")}: {failed.Message}", code);
            return;
        }

        var input = FailureOf(item, node, failed.Message);
        draft.Counters = draft.Counters with { Total = draft.Counters.Total + 1 };
        Remove(item);
        Follow([.. fallbacks.Select(edge => new ItemSeed(edge.Target, input))], [], failed.AtUtc);
    }

    private void Tick(DateTimeOffset nowUtc)
    {
        if (State.DeadlineUtc <= nowUtc && !State.IsFinal)
        {
            End(WorkflowRunStatus.Failed, nowUtc, $"The run was to have ended by {State.DeadlineUtc:O}.", FlowErrorCode.DeadlineExceeded);
            return;
        }

        while (State.Status == WorkflowRunStatus.Running && !State.Due.IsEmpty && State.Due.Min.DueTicks <= nowUtc.UtcTicks && _overrun is null)
        {
            var item = Item(State.Due.Min.Item);
            switch (item.Status)
            {
                case WorkItemStatus.Sleeping:
                    Remove(item);
                    Follow(item.Successors, item.Outputs, nowUtc);
                    break;
                case WorkItemStatus.Joining:
                    Release(item);
                    break;
                default:
                    Put(item with { Status = WorkItemStatus.Pending, DueUtc = null });
                    break;
            }
        }
    }

    private void Fold(long version, Payload snapshot)
    {
        var draft = Draft();
        draft.Deltas = draft.Deltas.RemoveRange(0, (int)(version - draft.SnapshotVersion));
        draft.Snapshot = snapshot;
        draft.SnapshotVersion = version;
    }

    /// <summary>The JSON of a <see cref="NodeFailure{TIn}"/>, made without the user's type.</summary>
    private static Payload FailureOf(WorkItem item, CompiledNode node, string message) => new(Encoding.UTF8.GetBytes(
        $"{{\"input\":{item.Input},\"node\":{JsonSerializer.Serialize(node.Name)},\"error\":{JsonSerializer.Serialize(message)},\"attempts\":{item.Attempts}}}"));
}
