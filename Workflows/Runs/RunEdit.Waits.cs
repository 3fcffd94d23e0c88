using System.Collections.Immutable;

namespace OrleansFlow.Workflows.Runs;

/// <content>Steps that run again: signals, children, repeats; and updates.</content>
internal sealed partial class RunEdit
{
    /// <summary>The step is not done: its node runs again for a reason that can be named.</summary>
    private void RunAgain(WorkItem item, StepOutcome outcome, DateTimeOffset nowUtc)
    {
        item = item with { Attempts = 0, Takeovers = 0, LimitUtc = null, Saved = outcome.Saved.IsDefault ? item.Saved : outcome.Saved };
        if (outcome.Signal is { } signal)
        {
            Await(item, signal, outcome.DueUtc);
        }
        else if (outcome.Repeat)
        {
            item = item with { Signal = null, HasSignal = false, SignalPayload = default };
            Put(outcome.DueUtc > nowUtc ? item with { Status = WorkItemStatus.Suspended, DueUtc = outcome.DueUtc } : item with { Status = WorkItemStatus.Pending });
        }
        else
        {
            Put(item with { Status = WorkItemStatus.WaitingForChildren, DueUtc = outcome.DueUtc });
        }
    }

    /// <summary>A signal that is here already is used up at once; otherwise the item waits.</summary>
    private void Await(WorkItem item, string signal, DateTimeOffset? dueUtc)
    {
        if (!State.Signals.TryGetValue(signal, out var kept))
        {
            Put(item with { Status = WorkItemStatus.WaitingForSignal, Signal = signal, DueUtc = dueUtc, HasSignal = false, SignalPayload = default });
            return;
        }

        var draft = Draft();
        var rest = kept.Dequeue(out var payload);
        draft.Signals = rest.IsEmpty ? draft.Signals.Remove(signal) : draft.Signals.SetItem(signal, rest);
        draft.SignalCount--;
        Put(item with { Status = WorkItemStatus.Pending, Signal = signal, HasSignal = true, SignalPayload = payload });
    }

    private void Signal(WorkflowRunEvent.Signalled signalled)
    {
        var draft = Draft();
        if (signalled.Id is { } id)
        {
            draft.SignalIds = draft.SignalIds.Add(id, WorkflowRunDecider.MaxSignalIds);
        }

        if (Waiting(signalled.Name) is { } waiting)
        {
            Put(waiting with { Status = WorkItemStatus.Pending, HasSignal = true, SignalPayload = signalled.Payload, DueUtc = null });
            return;
        }

        draft.Signals = draft.Signals.SetItem(signalled.Name, (draft.Signals.TryGetValue(signalled.Name, out var kept) ? kept : []).Enqueue(signalled.Payload));
        draft.SignalCount++;
    }

    private WorkItem? Waiting(string signal)
    {
        if (State.Awaiting.IsEmpty)
        {
            return null;
        }

        // Item ids begin at 1, so this is the place before the oldest item that waits for the signal.
        var place = ~State.Awaiting.IndexOf((signal, 0));
        return place < State.Awaiting.Count && State.Awaiting[place].Signal == signal ? Item(State.Awaiting[place].Item) : null;
    }

    private void Ask(WorkflowRunEvent.UpdateAsked asked)
    {
        var item = new WorkItem { Id = NextId(), Node = WorkItem.NoNode, Input = asked.Payload, Update = asked.Name, UpdateId = asked.Id };
        Draft().OpenUpdates = State.OpenUpdates.SetItem(asked.Id, item.Id);
        Put(item);
    }

    private void Answer(WorkItem item, UpdateResult result)
    {
        Remove(item);
        var draft = Draft();
        draft.OpenUpdates = draft.OpenUpdates.Remove(result.Id);
        draft.Updates = Newest(draft.Updates, result, WorkflowRunDecider.MaxUpdateResults);
    }

    /// <summary>Owes the starts of children; those that are awaited are the item's.</summary>
    private ImmutableArray<ChildResult> Order(WorkItem item, ImmutableArray<ChildOrder> orders)
    {
        var awaited = ImmutableArray.CreateBuilder<ChildResult>();
        var draft = Draft();
        foreach (var order in orders)
        {
            var number = ++draft.LastOrder;
            var child = order.Id ?? WorkflowRunDecider.ChildId(draft.RunId, number);
            draft.Owed = draft.Owed.Add(number, new RunOrder.StartChild(number, child, order));
            if (order.Await || order.CancelWithParent)
            {
                draft.Children = draft.Children.SetItem(child, new ChildRun(order.Await ? item.Id : 0, order.CancelWithParent, number));
            }

            if (order.Await)
            {
                awaited.Add(new ChildResult(child));
            }
        }

        return awaited.ToImmutable();
    }

    private void Finish(WorkflowRunEvent.ChildFinished ended)
    {
        var draft = Draft();
        var child = draft.Children[ended.Child];
        draft.Children = draft.Children.Remove(ended.Child);
        if (child.Item == 0 || !draft.Items.TryGetValue(child.Item, out var item))
        {
            return;
        }

        var waits = false;
        var results = item.Children.ToBuilder();
        for (var place = 0; place < results.Count; place++)
        {
            if (results[place].Child == ended.Child)
            {
                results[place] = new ChildResult(ended.Child, ended.Status, ended.Output, ended.Failure);
            }

            waits |= results[place].Status == WorkflowRunStatus.Running;
        }

        item = item with { Children = results.MoveToImmutable() };
        Put(waits || item.Status != WorkItemStatus.WaitingForChildren ? item : item with { Status = WorkItemStatus.Pending, DueUtc = null });
    }

    /// <summary>Owes what a run that ends owes: the cancelling of its children and the news for its parent.</summary>
    private static void SayGoodbye(WorkflowRunState draft)
    {
        foreach (var (child, kept) in draft.Children)
        {
            if (kept.CancelWithParent)
            {
                CancelChild(draft, child, $"Its parent, run '{draft.RunId}', has ended ({draft.Status}).");
            }
        }

        draft.Children = draft.Children.Clear();
        TellParent(draft);
    }

    private static void TellParent(WorkflowRunState draft)
    {
        if (draft.ParentRun is { } parent)
        {
            var number = ++draft.LastOrder;
            var output = draft.Outputs.IsEmpty ? default : draft.Workflow.Output == Definitions.OutputRule.List ? Payload.ArrayOf(draft.Outputs) : draft.Outputs[^1];
            draft.Owed = draft.Owed.Add(number, new RunOrder.TellParent(number, parent, draft.Status, output, draft.Failure ?? draft.Reason, draft.ParentOrder));
        }
    }

    private static void CancelChild(WorkflowRunState draft, string child, string why)
    {
        var number = ++draft.LastOrder;
        draft.Owed = draft.Owed.Add(number, new RunOrder.CancelChild(number, child, why));
    }
}
