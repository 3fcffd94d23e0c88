using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>A run of which files are lost, step by step.</summary>
public abstract class RemakeTestBase : GraphRunTestBase
{
    private protected const string Chain = """
        {"name":"g","nodes":[{"id":"a","role":"r","retry":{"max":0}},{"id":"b","role":"r","tasks":2,"depends_on":["a"],"retry":{"max":0}},{"id":"c","role":"r","depends_on":["b"]},{"id":"x","role":"r","depends_on":["a"]}]}
        """;

    private protected static readonly LeaseFailure Lost = new(LeaseReasons.ArtifactLost, false, "gone");

    private protected static LostInput Input(string node, int task, int index) => new(node, task, index, "");

    private protected void Make(string node, int batches, long rows = 1, int task = 0)
    {
        Grant(node, task);
        var epoch = Run[Slot(node, task)].Epoch;
        for (var index = 0; index < batches; index++)
        {
            Play(Slot(node, task), new AcceptBatch(epoch, index, new AcceptedBatch(0, rows, 10, $"{node}/{task}/{index}.e{epoch}")));
        }

        Play(Slot(node, task), new CompleteAttempt(epoch, batches));
    }

    private protected void Finish(string node, int task)
    {
        Grant(node, task);
        Play(Slot(node, task), new CompleteAttempt(Run[Slot(node, task)].Epoch, 0));
    }

    private protected GraphRunDecision Lose(string node, (string Node, int Task, int Index) input, string? path = null) => Decide(
        Slot(node), new LoseInputs(Run[Slot(node)].Epoch, [Input(input.Node, input.Task, input.Index) with { Path = path ?? "" }], Lost), keepsPath: path is not null);

    private protected GraphRunDecision Decide(TaskSlot slot, LeaseCommand command, bool keepsPath = false)
    {
        if (command is LoseInputs lose && !keepsPath)
        {
            command = lose with { Inputs = [.. lose.Inputs.Select(input => input with { Path = Run[Slot(input.Node, input.Task)].Batches[input.Index].Path })] };
        }

        var decision = GraphRunDecider.Decide(Run, new LeaseTask(slot, command), LeaseDuration, StartUtc);
        Run = decision.Events.IsEmpty ? Run : decision.State;
        return decision;
    }
}
