using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Definitions;

/// <summary>Goal: a run's context can be asked and changed by name, with types, and what is wrong with that is said.</summary>
public sealed class QueryAndUpdateTests
{
    private static readonly WriterId Someone = new("someone");
    private static readonly GrowCounter Seven = GrowCounter.Empty.Add(Someone, 7);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Query_AnswersFromTheContext()
    {
        var definition = Define();

        Assert.Equal("7", definition.Query("value", default, Seven).ToString());
        Assert.Equal("true", definition.Query("above", Payload.FromJson("6"), Seven).ToString());
        Assert.Equal("false", definition.Query("above", Payload.FromJson("7"), Seven).ToString());
    }

    [Fact]
    public void Query_ThatIsUnknown_NamesThoseThereAre()
    {
        var thrown = Assert.Throws<FlowException>(() => Define().Query("nothing", default, Seven));

        Assert.Equal((FlowErrorCode.NotFound, "Version 3 of workflow 'counting' has no query 'nothing'; it has value, above."), (thrown.Code, thrown.Message));
    }

    [Fact]
    public void Query_WithAnArgumentOfAnotherForm_IsBadInput()
    {
        var thrown = Assert.Throws<FlowException>(() => Define().Query("above", Payload.FromJson("\"x\""), Seven));

        Assert.Equal(FlowErrorCode.BadInput, thrown.Code);
        Assert.Contains("The argument of query 'above' is no Int64", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_ThatIsValid_ChangesTheContextAndAnswers()
    {
        var definition = Define();

        var outcome = await UpdateAsync("add", "3");

        Assert.Equal("10", outcome.Result.ToString());
        Assert.Equal(10, Seven.Merge(System.Text.Json.JsonSerializer.Deserialize<GrowCounter>(outcome.Delta.Utf8.Span)!).Value);
        Assert.Equal([new("last", "3")], outcome.Attributes);
        Assert.Empty(outcome.Successors);
    }

    [Fact]
    public async Task Update_ThatIsNotValid_IsRefusedWithItsReason()
    {
        var thrown = await Assert.ThrowsAsync<FlowException>(() => UpdateAsync("add", "-3"));

        Assert.Equal((FlowErrorCode.BadInput, "Update 'add' was refused: -3 takes away from 7"), (thrown.Code, thrown.Message));
    }

    [Fact]
    public async Task Update_ThatIsUnknown_NamesThoseThereAre() =>
        Assert.Contains("has no update 'value'; it has add.", (await Assert.ThrowsAsync<FlowException>(() => UpdateAsync("value", "3"))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Update_OfALiveRun_IsOneStepOfIt_AndARefusedOneFailsNothingElse()
    {
        var definition = Define();
        var now = DateTimeOffset.UnixEpoch;
        var run = Do(WorkflowRunState.None(definition.Compiled), new WorkflowCommand.Start { RunId = "r", Input = Payload.FromJson("1") });
        run = Do(run, new WorkflowCommand.Pause());
        run = Do(run, new WorkflowCommand.Unpause());
        run = Do(run, new WorkflowCommand.Update("u1", "add", Payload.FromJson("5")));
        run = Do(run, new WorkflowCommand.Update("u2", "add", Payload.FromJson("-5")));

        while (WorkflowRunDecider.Decide(run, new WorkflowCommand.Take(), now) is { Item: { } item } taken)
        {
            try
            {
                var outcome = await definition.ExecuteAsync(item, definition.ReadContext(taken.State), new StepOptions { Time = new ManualTimeProvider() }, Token);
                run = Do(taken.State, new WorkflowCommand.Commit(item.Id, item.Epoch, outcome));
            }
            catch (FlowException refused)
            {
                run = Do(taken.State, new WorkflowCommand.Fail(item.Id, item.Epoch, default, refused.Message) { Permanent = true, Code = refused.Code });
            }
        }

        Assert.Equal(WorkflowRunStatus.Running, run.Status);
        Assert.Equal(5, definition.ReadContext(run).Value);
        Assert.Equal(["u1 5 ", "u2 null Update 'add' was refused: -5 takes away from 5"], run.Updates.Select(update => $"{update.Id} {update.Result} {update.Failure}"));

        WorkflowRunState Do(WorkflowRunState state, WorkflowCommand command) => WorkflowRunDecider.Decide(state, command, now).State;
    }

    [Fact]
    public void Names_AreChecked_AndStandInTheDefinition()
    {
        var flow = new Workflow<GrowCounter>("counting").Query("two words", context => context.Value).Query("twice", context => 1).Query("twice", context => 2)
            .Update<int, int>("u", null, (value, _) => value).Update<int, int>("u", null, (value, _) => value);
        flow.Start(flow.Node<int, int>("n", (value, _) => value).End());

        Assert.Equal(["bad_name", "duplicate_query", "duplicate_update"], flow.Validate<int, int>().Select(problem => problem.Code));
        Assert.Equal(["value", "above"], Define().Compiled.Queries);
        Assert.Equal(["add"], Define().Compiled.Updates);
    }

    private static async Task<StepOutcome> UpdateAsync(string name, string argument)
    {
        var item = new WorkItem { Id = 1, Node = WorkItem.NoNode, Update = name, Input = Payload.FromJson(argument) };
        return await Define().ExecuteAsync(item, Seven, new StepOptions { Time = new ManualTimeProvider() }, Token);
    }

    private static WorkflowDefinition<int, int, GrowCounter> Define()
    {
        var flow = new Workflow<GrowCounter>("counting", version: 3)
            .Query("value", context => context.Value)
            .Query<long, bool>("above", (limit, context) => context.Value > limit)
            .Update<int, long>("add", (value, context) => value > 0 ? null : $"{value} takes away from {context.Value}", (value, scope) =>
            {
                scope.Context = scope.Context.Add(scope.Writer, value);
                scope.SetAttribute("last", $"{value}");
                return scope.Context.Value;
            });
        flow.Start(flow.Node<int, int>("wait", (_, _) => OrleansFlow.Workflows.Definitions.Transition.WaitForSignal<int>("never")).End());
        return flow.Build<int, int>();
    }
}
