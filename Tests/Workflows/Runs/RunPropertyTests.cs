using FsCheck;
using FsCheck.Fluent;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>
/// Goal: whatever is done to a run, its events come to its state (as they are, stored, and from any stored state on), and a run that has not ended waits
/// for something that can be named. Method: random walks of all commands, sensible or not.
/// </summary>
public sealed class RunPropertyTests
{
    private static readonly CompiledWorkflow Sample = RunScript.Compile<IReadOnlyList<int>>(flow =>
    {
        var join = flow.Join<int>("join", JoinRule.All).End();
        var loop = RunFlows.Pass(flow, "loop");
        loop.AtMost(12).Branch(arms => arms.When(value => value > 1, loop).Otherwise(join));
        var rescue = flow.Node<NodeFailure<int>, int>("rescue", (failure, _) => failure.Input).To(join);
        flow.Start(RunFlows.Pass(flow, "first").To(loop, RunFlows.Pass(flow, "risky").OnFailure(rescue).Timeout(TimeSpan.FromSeconds(3)).To(join)));
    });

    [Fact]
    public void AnyCommands_LeadToAStateThatIsTheFoldOfItsEvents()
    {
        var seen = new HashSet<Type>();
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => Walk(seed, seen)).Check(Config.QuickThrowOnFailure.WithMaxTest(80));

        Assert.Empty(typeof(WorkflowRunEvent).GetNestedTypes().Except(seen));
    }

    private static void Walk(int seed, HashSet<Type> seen)
    {
        var random = new Random(seed);
        var run = new RunScript(Sample, new WorkflowCommand.Start
        {
            RunId = "run",
            Input = Payload.FromJson("1"),
            DefaultRetry = new StepRetryPolicy { MaxAttempts = 2 },
            ParentRun = random.Next(2) == 0 ? "parent" : null,
            DeadlineUtc = random.Next(4) == 0 ? RunScript.Epoch.AddSeconds(30) : null,
        });
        for (var step = 0; step < 60; step++)
        {
            var before = run.State;
            var answer = run.Do(Command(run, random)).Answer;
            Assert.True(answer is not (WorkflowAnswer.Refused or WorkflowAnswer.Duplicate or WorkflowAnswer.Idle) || ReferenceEquals(before, run.State), $"What was refused changed something; seed {seed}.");
            Assert.True(!before.IsFinal || run.State.IsFinal || run.Events[^1] is WorkflowRunEvent.Steered or WorkflowRunEvent.Restored or WorkflowRunEvent.Attached or WorkflowRunEvent.Migrated, $"A run that had ended went on by itself; seed {seed}.");
            Assert.True(before.Status != WorkflowRunStatus.Completed || run.State.Status == WorkflowRunStatus.Completed, $"A completed run went on; seed {seed}.");
            Assert.True(run.State.ContextVersion >= before.ContextVersion, $"The context's version fell; seed {seed}.");
            Assert.True(
                run.State.IsFinal || run.State.Status == WorkflowRunStatus.Paused || run.State.Items.Values.Any(item => item.Status != WorkItemStatus.Joining || item.DueUtc is not null),
                $"The run waits for nothing; seed {seed}.");
            Assert.Equal(run.State.IsFinal, run.State.EndedUtc is not null);
        }

        seen.UnionWith(run.Events.Select(happened => happened.GetType()));
    }

    private static WorkflowCommand Command(RunScript run, Random random)
    {
        var state = run.State;
        var taken = state.Items.Values.Where(item => item.Status == WorkItemStatus.InProgress).OrderBy(_ => random.Next()).FirstOrDefault();
        var name = $"{(char)('a' + random.Next(2))}";
        switch (random.Next(22))
        {
            case < 6:
                return new WorkflowCommand.Take(0, "worker", "session", random.Next(3));
            case < 12 when taken is not null:
                return new WorkflowCommand.Commit(taken.Id, taken.Epoch - (random.Next(10) == 0 ? 1 : 0), Outcome(run, taken, random));
            case 12 when taken is not null:
                return new WorkflowCommand.Fail(taken.Id, taken.Epoch, FailureKinds.Generic, "no", random.NextDouble()) { Permanent = random.Next(3) == 0 };
            case 13 when taken is not null:
                return new WorkflowCommand.Lose(taken.Id, taken.Epoch);
            case 14:
                return new WorkflowCommand.Signal(name, Payload.FromJson("1"), random.Next(2) == 0 ? $"{random.Next(20)}" : null);
            case 15:
                return new WorkflowCommand.Update($"{random.Next(20)}", "update", Payload.FromJson("1"));
            case 16:
                return new WorkflowCommand.ChildEnded(state.Children.Keys.FirstOrDefault() ?? "nobody", random.Next(2) == 0 ? WorkflowRunStatus.Completed : WorkflowRunStatus.Failed, Payload.FromJson("1"), "no");
            case 17:
                return new WorkflowCommand.Delivered(state.Owed.Keys.FirstOrDefault());
            case 18:
                return new WorkflowCommand.Fold(state.ContextVersion, Payload.FromJson("\"folded\""));
            case 19:
                return Steering(run, random);
            case 20 when random.Next(2) == 0:
                return new WorkflowCommand.Attach("parent", random.Next(6), Payload.FromJson("2"));
            case 20:
                return new WorkflowCommand.Describe([new(name, random.Next(2) == 0 ? null : "x")]);
            default:
                run.Now += TimeSpan.FromSeconds(random.Next(4));
                return new WorkflowCommand.Tick();
        }
    }

    private static WorkflowCommand Steering(RunScript run, Random random)
    {
        var done = run.Events.OfType<WorkflowRunEvent.Committed>().Where(step => step.Item > 0).ToList();
        switch (random.Next(9))
        {
            case 0 when random.Next(3) == 0:
                return new WorkflowCommand.Cancel("why");
            case 1 when random.Next(3) == 0:
                return new WorkflowCommand.Terminate();
            case 2:
                return new WorkflowCommand.Pause();
            case < 5 when done.Count > 0:
                var item = done[random.Next(done.Count)].Item;
                return new WorkflowCommand.Reset(item, WorkflowReset.Before(WorkflowRunState.None(Sample), run.Events, item));
            case < 7:
                return new WorkflowCommand.Unpause();
            case 7:
                return new WorkflowCommand.Migrate(Plan(run.State));
            default:
                return new WorkflowCommand.Reopen();
        }
    }

    /// <summary>To the same as the next version.</summary>
    private static MigrationPlan Plan(WorkflowRunState run) => new()
    {
        Workflow = new CompiledWorkflow { Name = run.Workflow.Name, Version = run.Workflow.Version + 1, Start = run.Workflow.Start, Nodes = run.Workflow.Nodes, Output = run.Workflow.Output },
        Position = run.Position,
        Nodes = [.. Enumerable.Range(0, run.Workflow.Nodes.Length)],
        Items = [.. run.Items.Values.Concat(run.Left?.Items.Values ?? []).Where(item => item.Update is null).Select(item => new MovedItem(item.Id, item.Node, item.Input) { Parts = [.. item.Parts], Successors = item.Successors })],
    };

    private static StepOutcome Outcome(RunScript run, WorkItem item, Random random)
    {
        var delta = random.Next(2) == 0 ? Payload.FromJson("1") : default;
        if (item.Update is not null)
        {
            return new StepOutcome { Delta = delta, Result = Payload.FromJson("1") };
        }

        var children = random.Next(8) == 0 ? new[] { new ChildOrder { Workflow = "w", CancelWithParent = random.Next(2) == 0 } } : [];
        switch (random.Next(12))
        {
            case 0:
                return new StepOutcome { Delta = delta, Signal = $"{(char)('a' + random.Next(2))}", DueUtc = random.Next(2) == 0 ? run.Now.AddSeconds(2) : null };
            case 1:
                return new StepOutcome { Repeat = true, Saved = Payload.FromJson("1"), DueUtc = run.Now.AddSeconds(random.Next(2)) };
            case 2:
                return new StepOutcome { Children = [new ChildOrder { Workflow = "w", Await = true, CancelWithParent = random.Next(2) == 0 }, .. children] };
            case 3 when random.Next(3) == 0:
                return new StepOutcome { Delta = delta, ContinueAsNew = new NewRun(Payload.FromJson("2"), random.Next(2) == 0 ? Payload.FromJson("{}") : default) };
            case 4:
                return new StepOutcome();
            default:
                var edges = run.State.Workflow.Nodes[item.Node].Edges.Where(edge => edge.Kind != EdgeKind.Fallback).ToList();
                var next = edges.Where(_ => random.Next(3) > 0).Select(edge => edge.Target).ToList();
                return new StepOutcome
                {
                    Delta = delta,
                    Children = [.. children],
                    Successors = [.. next.Where(target => target >= 0).Select(target => new ItemSeed(target, Payload.FromJson("1")))],
                    Outputs = [.. next.Where(target => target < 0).Select(_ => Payload.FromJson("[1]"))],
                    DueUtc = random.Next(4) == 0 ? run.Now.AddSeconds(1) : null,
                    Fold = random.Next(4) == 0 ? new ContextFold(run.State.ContextVersion, Payload.FromJson("\"fold\"")) : null,
                };
        }
    }
}
