using System.Collections.Immutable;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>One run that a test plays step by step, at one moment.</summary>
public abstract class GraphRunTestBase
{
    private protected static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(60);
    private protected static readonly DateTimeOffset StartUtc = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private protected GraphRunState Run { get; set; } = GraphRunState.None;

    private protected void Submit(string document) =>
        Run = GraphRunDecider.Decide(Run, new SubmitRun(new RunId("run"), GraphParser.Parse(document).RequirePlan()), LeaseDuration, StartUtc).State;

    private protected NodeRunState Node(string id) => Run.Nodes[Run.Plan!.Find(id)!.Index];

    private protected TaskSlot Slot(string node, int index = 0) => new(Run.Plan!.Find(node)!.Index, index);

    private protected void Play(TaskSlot slot, LeaseCommand command)
    {
        var decision = GraphRunDecider.Decide(Run, new LeaseTask(slot, command), LeaseDuration, StartUtc);
        Assert.True(decision.IsAccepted, decision.Refused);
        Run = decision.State;
    }

    private protected void Grant(string node, int index = 0)
    {
        if (Run[Slot(node, index)].Status == FlowTaskStatus.Ready)
        {
            Play(Slot(node, index), new GrantLease(new WorkerId("w"), "s"));
        }
    }

    private protected void Batch(string node, long rows = 1, double metric = 1)
    {
        Grant(node);
        var task = Run[Slot(node)];
        Play(Slot(node), new AcceptBatch(task.Epoch, task.Batches.Count, new AcceptedBatch(0, rows, 10, "p"), ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("n", metric)])));
    }

    private protected void Complete(string node)
    {
        Grant(node);
        Play(Slot(node), new CompleteAttempt(Run[Slot(node)].Epoch, Run[Slot(node)].Batches.Count));
    }

    private protected void FailForGood(string node, int task = 0)
    {
        Grant(node, task);
        Play(Slot(node, task), new FailAttempt(Run[Slot(node, task)].Epoch, new LeaseFailure("oops", true, "no")));
    }

    /// <summary>Each node with its state: pending, open, done, failed, skipped or cancelled.</summary>
    private protected string Shown() => string.Join(' ', Run.Nodes.Select((node, index) => $"{Run.Plan!.Nodes[index].Id}:" + node.Status switch
    {
        RunStatus.Completed => "done",
        RunStatus.Failed => "failed",
        RunStatus.Skipped => "skipped",
        RunStatus.Cancelled => "cancelled",
        _ => node.Opened ? "open" : "pending",
    }));
}
