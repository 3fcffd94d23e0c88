using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: what a step costs does not depend on how large the workflow or how long the run is. Shown by what it allocates, which no other load changes.</summary>
public sealed class DeciderSpeedTests
{
    [Theory]
    [InlineData(2, 2_500)]
    [InlineData(10_000, 7_000)]
    public void StepOfAChain_AllocatesLittle_WhateverTheSizeOfTheWorkflow(int nodes, long most)
    {
        var workflow = RunScript.Compile<int>(flow => Ring(flow, nodes));
        var run = WorkflowRunDecider.Decide(WorkflowRunState.None(workflow), new WorkflowCommand.Start { RunId = "run", Input = Payload.FromJson("1") }, default).State;
        run = Steps(run, 2_000);

        var (before, began) = (GC.GetAllocatedBytesForCurrentThread(), TimeProvider.System.GetTimestamp());
        run = Steps(run, 20_000);
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / 20_000;

        TestContext.Current.SendDiagnosticMessage($"{nodes} nodes: {TimeProvider.System.GetElapsedTime(began).TotalMicroseconds / 20_000:F2} us and {bytes} bytes a step");
        Assert.True(bytes < most, $"A step of a chain allocates {bytes} bytes.");
        Assert.Equal(22_000, run.Counters.Total);
    }

    private static WorkflowRunState Steps(WorkflowRunState run, int count)
    {
        var turn = new WorkflowRunTurn(run);
        var item = turn.Do(new WorkflowCommand.Take(), default).Item ?? run.Items.Values.First();
        run = turn.State;
        for (var step = 0; step < count; step++)
        {
            turn = new WorkflowRunTurn(run);
            turn.Do(new WorkflowCommand.Commit(item.Id, item.Epoch, new StepOutcome { Successors = [new ItemSeed((item.Node + 1) % run.Workflow.Nodes.Length, item.Input)] }), default);
            item = turn.TakeFollower("worker", "session", 0, default).Item!;
            run = turn.State;
        }

        return run;
    }

    private static void Ring(Workflow<NoContext> flow, int nodes)
    {
        var all = Enumerable.Range(0, nodes).Select(place => flow.Node<int, int>($"n{place}", (value, _) => value)).ToList();
        for (var place = 0; place < nodes; place++)
        {
            var next = all[(place + 1) % nodes];
            all[place].Branch(arms => arms.When(value => value > 0, next).OtherwiseEnd());
        }

        flow.Start(all[0]);
    }
}
