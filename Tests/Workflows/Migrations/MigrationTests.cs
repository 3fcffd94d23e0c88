using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Migrations;

/// <summary>Goal: a live run moves to a newer version with its context and all that it has still to do, or stays as it is and says why.</summary>
public sealed partial class MigrationTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_MovesWithItsContextAndItsItems_AndEndsOnTheNewVersion()
    {
        var run = await StepAsync(Old(), Begin(Old()), steps: 1);
        var after = Migrate(run, New());

        after = await StepAsync(New(), after, steps: 10);

        Assert.Equal((WorkflowRunStatus.Completed, "\"v2 of 7: 2\""), (after.Status, after.Outputs.Single().ToString()));
    }

    [Fact]
    public async Task Migration_IsPure_AndItsPlanSurvivesJson()
    {
        var run = await StepAsync(Old(), Begin(Old()), steps: 1);
        var before = WorkflowRunJson.Write(run);

        var plan = New().PlanMigration(run);
        var copy = JsonSerializer.Deserialize<MigrationPlan>(JsonSerializer.Serialize(plan))!;

        Assert.Equal(WorkflowRunJson.Write(WorkflowMigration.Apply(run, plan)), WorkflowRunJson.Write(WorkflowMigration.Apply(run, copy)));
        Assert.Equal(before, WorkflowRunJson.Write(run));
    }

    [Fact]
    public async Task PlanByName_MovesItemsAsTheyAre_WhereTheyAreSaidToGo()
    {
        var run = await StepAsync(Old(), Begin(Old()), steps: 1);
        var at = run.Workflow.Nodes[run.Items.Values.Single().Node].Name;
        var workflow = run.Workflow with { Version = 2, Nodes = [.. run.Workflow.Nodes.Select(node => node.Name == at ? node with { Name = "other" } : node)] };

        var missing = Assert.Throws<FlowException>(() => MigrationPlan.ByName(run, workflow));
        Assert.Contains($"'{at}'", missing.Message, StringComparison.Ordinal);
        Assert.Throws<FlowException>(() => MigrationPlan.ByName(run, workflow, new Dictionary<string, string> { [at] = "nowhere" }));
        Assert.Throws<FlowException>(() => MigrationPlan.ByName(run, run.Workflow));
        var moved = WorkflowMigration.Apply(run, MigrationPlan.ByName(run, workflow, new Dictionary<string, string> { [at] = "other" }));

        var (before, after) = (run.Items.Values.Single(), moved.Items.Values.Single());
        Assert.Equal((before.Id, before.Input, "other"), (after.Id, after.Input, moved.Workflow.Nodes[after.Node].Name));
        Assert.Equal((run.Snapshot, run.Deltas), (moved.Snapshot, moved.Deltas));
        Assert.Empty(WorkflowMigration.Apply(run, MigrationPlan.ByName(run, workflow, drops: [at])).Items);
    }

    [Fact]
    public async Task ItemInFlight_IsPendingAgain_AndItsOutcomeComesTooLate()
    {
        var run = await StepAsync(Old(), Begin(Old()), steps: 1);
        var taken = WorkflowRunDecider.Decide(run, new WorkflowCommand.Take(), Now);
        var outcome = await Old().ExecuteAsync(taken.Item!, Old().ReadContext(run), new StepOptions { Time = _time }, Token);

        var after = Migrate(taken.State, New());
        var late = WorkflowRunDecider.Decide(after, new WorkflowCommand.Commit(taken.Item!.Id, taken.Item.Epoch, outcome), Now);
        var again = WorkflowRunDecider.Decide(after, new WorkflowCommand.Take(), Now);

        Assert.Equal(WorkflowAnswer.Refused, late.Answer);
        Assert.Equal((taken.Item.Id, 1), (again.Item!.Id, again.Item.Attempts));
        Assert.True(again.Item.Epoch > taken.Item.Epoch);
    }

    [Fact]
    public async Task WaitsAndJoins_GoOnWhereTheyWere()
    {
        var old = Waiting(version: 1, join: "all");
        var renamed = Waiting(version: 2, join: "together", rules => rules.Move<int, int>("all", "together", part => part * 100).Rename("approval", "approval"));
        var run = await StepAsync(old, Begin(old), steps: 10);
        Assert.Equal([WorkItemStatus.Joining, WorkItemStatus.WaitingForSignal, WorkItemStatus.Sleeping], run.Items.Values.Select(item => item.Status).Order().Reverse());

        var after = Migrate(run, renamed);
        after = WorkflowRunDecider.Decide(after, new WorkflowCommand.Signal("go", Payload.FromJson("5")), Now).State;
        after = await StepAsync(renamed, after, steps: 10);
        after = WorkflowRunDecider.Decide(after, new WorkflowCommand.Tick(), Now + TimeSpan.FromHours(1)).State;
        after = await StepAsync(renamed, after, steps: 10);

        // What had come to the join, what slept on its way to it, and what came after the migration.
        Assert.Equal((WorkflowRunStatus.Completed, "[700,5,700]"), (after.Status, after.Outputs.Single().ToString()));
    }

    [Fact]
    public async Task DroppedItems_End_AndTheOthersGoOn()
    {
        var old = Waiting(version: 1, join: "all");
        var without = Waiting(version: 2, join: "all", rules => rules.Drop("approval").Drop("nap"));
        var run = await StepAsync(old, Begin(old), steps: 10);

        var after = Migrate(run, without);

        Assert.Equal(["all"], after.Items.Values.Select(item => after.Workflow.Nodes[item.Node].Name));
    }

    [Fact]
    public async Task WhatNoRuleMoves_IsNamed_AllAtOnce()
    {
        var flow = new Workflow<NewContext>("order", version: 2).MigrateFrom(1);
        flow.Start(flow.Node<int, string>("other", (value, _) => $"{value}").End());
        var run = await StepAsync(Old(), Begin(Old()), steps: 1);

        var thrown = Assert.Throws<FlowException>(() => flow.Build<int, string>().PlanMigration(run));

        Assert.Equal(FlowErrorCode.BadInput, thrown.Code);
        Assert.Contains("items at node 'finish', which version 2 of 'order' does not have", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InputThatTheNewNodeCannotRead_IsNamed()
    {
        var flow = new Workflow<NewContext>("order", version: 2).MigrateFrom(1, rules => rules.Context<OldContext>(old => new NewContext(old.Steps, LastWriter<string>.Empty)));
        flow.Start(flow.Node<int, DateOnly>("start", (_, _) => default).To(flow.Node<DateOnly, string>("finish", (value, _) => $"{value}").End()));
        var run = await StepAsync(Old(), Begin(Old()), steps: 1);

        var thrown = Assert.Throws<FlowException>(() => flow.Build<int, string>().PlanMigration(run));

        Assert.Contains("item 2 at node 'finish' is no DateOnly", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "not a newer version")]
    [InlineData(3, "does not say how runs of version 1 move. Say MigrateFrom(1)")]
    public void VersionThatSaysNothingOfTheRuns_IsRefused(int version, string why)
    {
        var flow = new Workflow<OldContext>("order", version).MigrateFrom(version == 3 ? 2 : 0);
        flow.Start(flow.Node<int, string>("start", (value, _) => $"{value}").End());
        var definition = version == 3 ? flow.Build<int, string>() : Old();

        Assert.Contains(why, Assert.Throws<FlowException>(() => definition.PlanMigration(Begin(Old()))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunThatHasGoneOnSinceItsPlan_NeedsAnother_AndOneThatHasEndedNeedsNone()
    {
        var run = await StepAsync(Old(), Begin(Old()), steps: 1);
        var plan = New().PlanMigration(run);
        var on = WorkflowRunDecider.Decide(run, new WorkflowCommand.Signal("any", default), Now).State;
        var ended = WorkflowRunDecider.Decide(run, new WorkflowCommand.Cancel(), Now).State;

        Assert.Null(WorkflowMigration.Problem(run, plan));
        Assert.Contains("has gone on", WorkflowMigration.Problem(on, plan), StringComparison.Ordinal);
        Assert.Contains("nothing of it to migrate", WorkflowMigration.Problem(ended, plan), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailedRun_MovesToTheVersionThatMendsIt_AndIsReopened()
    {
        var broken = Repaired(version: 1, works: false);
        var mended = Repaired(version: 2, works: true);
        var run = await StepAsync(broken, Begin(broken), steps: 10);
        Assert.Equal(WorkflowRunStatus.Failed, run.Status);

        var after = WorkflowRunDecider.Decide(Migrate(run, mended), new WorkflowCommand.Reopen(), Now).State;
        after = await StepAsync(mended, after, steps: 10);

        Assert.Equal((WorkflowRunStatus.Completed, "7"), (after.Status, after.Outputs.Single().ToString()));
    }

    [Fact]
    public void Rules_AreCheckedWhenTheDefinitionIsBuilt()
    {
        var flow = new Workflow<NoContext>("order", version: 2)
            .MigrateFrom(2)
            .MigrateFrom(1, rules => rules.Rename("a", "nobody").Move<int, string>("b", "start", value => $"{value}"));
        flow.Start(flow.Node<int, int>("start", (value, _) => value).End());

        var problems = flow.Validate<int, int>();

        Assert.All(problems, problem => Assert.Equal("bad_migration", problem.Code));
        Assert.Equal(
            ["MigrateFrom(2) of version 2 is not allowed; say it once for each older version, from 1.",
             "MigrateFrom(1) moves node 'a' to 'nobody', which is no node of workflow 'order'.",
             "MigrateFrom(1) gives node 'start' String, but it takes Int32."],
            problems.Select(problem => problem.Message));
        Assert.Throws<ArgumentException>(() => flow.MigrateFrom(1, rules => rules.Drop("a").Rename("a", "start")));
    }

    [Mergeable]
    public sealed partial record OldContext(GrowCounter Steps);

    [Mergeable]
    public sealed partial record NewContext(GrowCounter Count, LastWriter<string> Note);

    private static WorkflowDefinition<int, string, OldContext> Old()
    {
        var flow = new Workflow<OldContext>("order");
        flow.Start(flow.Node<int, int>("start", (value, scope) =>
        {
            scope.Context = scope.Context with { Steps = scope.Context.Steps.Add(scope.Writer) };
            return value;
        }).To(flow.Node<int, string>("finish", (value, _) => $"v1 of {value}").End()));
        return flow.Build<int, string>();
    }

    private static WorkflowDefinition<int, string, NewContext> New()
    {
        var flow = new Workflow<NewContext>("order", version: 2)
            .MigrateFrom(1, rules => rules.Move<int, string>("finish", "close", value => $"{value}").Context<OldContext>(old => new(old.Steps, LastWriter<string>.Empty)));
        flow.Start(flow.Node<int, string>("start", (value, _) => $"{value}").To(flow.Node<string, string>("close", (value, scope) =>
        {
            scope.Context = scope.Context with { Count = scope.Context.Count.Add(scope.Writer) };
            return $"v2 of {value}: {scope.Context.Count.Value}";
        }).End()));
        return flow.Build<int, string>();
    }

    private static WorkflowDefinition<int, IReadOnlyList<int>, NoContext> Waiting(int version, string join, Action<MigrationRules<NoContext>>? rules = null)
    {
        var flow = new Workflow<NoContext>("waiting", version);
        _ = rules is null ? flow : flow.MigrateFrom(1, rules);
        var all = flow.Join<int>(join, JoinRule.All).End();
        flow.Start(flow.Node<int, int>("start", (value, _) => value).To(
            flow.Node<int, int>("quick", (value, _) => value).To(all),
            flow.OnSignal<int, int, int>("approval", "go", (_, signal, _, _) => new(signal)).To(all),
            flow.Node<int, int>("nap", (value, _) => Transition.Sleep(TimeSpan.FromHours(1), value)).To(all)));
        return flow.Build<int, IReadOnlyList<int>>();
    }

    private static WorkflowDefinition<int, int, NoContext> Repaired(int version, bool works)
    {
        var flow = new Workflow<NoContext>("repaired", version);
        _ = version == 1 ? flow : flow.MigrateFrom(1);
        flow.Start(flow.Node<int, int>("start", (value, _) => works ? value : throw new NonRetryableException("bug")).End());
        return flow.Build<int, int>();
    }

    private static WorkflowRunState Begin(WorkflowDefinition definition) => WorkflowRunDecider.Decide(
        WorkflowRunState.None(definition.Compiled), new WorkflowCommand.Start { RunId = "r", Input = Payload.FromJson("7") }, Now).State;

    private static WorkflowRunState Migrate<TIn, TOut, TContext>(WorkflowRunState run, WorkflowDefinition<TIn, TOut, TContext> definition)
        where TContext : IMergeable<TContext>
    {
        var plan = definition.PlanMigration(run);
        Assert.Null(WorkflowMigration.Problem(run, plan));
        return WorkflowRunJson.Read(WorkflowRunJson.Write(WorkflowMigration.Apply(run, plan)));
    }

    private async Task<WorkflowRunState> StepAsync<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> definition, WorkflowRunState run, int steps)
        where TContext : IMergeable<TContext>
    {
        for (var step = 0; step < steps && WorkflowRunDecider.Decide(run, new WorkflowCommand.Take(), Now) is { Item: { } item } taken; step++)
        {
            WorkflowCommand command;
            try
            {
                command = new WorkflowCommand.Commit(item.Id, item.Epoch, await definition.ExecuteAsync(item, definition.ReadContext(run), new StepOptions { Time = _time }, Token));
            }
            catch (NonRetryableException error)
            {
                command = new WorkflowCommand.Fail(item.Id, item.Epoch, default, error.Message) { Permanent = true };
            }

            run = WorkflowRunDecider.Decide(taken.State, command, Now).State;
        }

        return run;
    }
}
