using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>One run that a test moves command by command, with its clock.</summary>
internal sealed class RunScript
{
    private readonly List<byte[]> _rows = [];
    private readonly List<WorkflowRunState> _states = [];
    private readonly CompiledWorkflow _began;

    public RunScript(CompiledWorkflow workflow, WorkflowCommand.Start start)
    {
        _began = workflow;
        State = WorkflowRunState.None(workflow);
        Assert.Equal(WorkflowAnswer.Stepped, Do(start).Answer);
    }

    private RunScript(CompiledWorkflow workflow, StepRetryPolicy? retry)
        : this(workflow, new WorkflowCommand.Start { RunId = "run", Context = Payload.FromJson("{}"), Input = Payload.FromJson("1"), DefaultRetry = retry })
    {
    }

    public WorkflowRunState State { get; private set; }

    public IReadOnlyList<WorkflowRunEvent> Events => [.. _rows.SelectMany(row => WorkflowEventJson.Read(row))];

    public static DateTimeOffset Epoch { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public DateTimeOffset Now { get; set; } = Epoch;

    public static RunScript Of(Action<Workflow<NoContext>> define, StepRetryPolicy? retry = null) => new(Compile<int>(define), retry);

    public static RunScript OfJoin(Action<Workflow<NoContext>> define, StepRetryPolicy? retry = null) => new(Compile<IReadOnlyList<int>>(define), retry);

    public static RunScript With(Action<Workflow<NoContext>> define, Func<WorkflowCommand.Start, WorkflowCommand.Start> change) =>
        new(Compile<int>(define), change(new WorkflowCommand.Start { RunId = "run", Input = Payload.FromJson("1") }));

    public WorkflowDecision Do(WorkflowCommand command)
    {
        var decision = WorkflowRunDecider.Decide(State, command, Now);
        RunFolds.AssertLeads(State, decision);
        State = decision.State;
        _rows.Add(WorkflowEventJson.ToUtf8(decision.Events));
        _states.Add(State);
        if (_states.Count < 10 || _states.Count % 20 == 0)
        {
            RunFolds.AssertFolds(_began, _rows, _states);
        }

        return decision;
    }

    public WorkItem Take()
    {
        var decision = Do(new WorkflowCommand.Take());
        Assert.Equal(WorkflowAnswer.Taken, decision.Answer);
        return decision.Item!;
    }

    public WorkflowDecision Commit(WorkItem item, StepOutcome outcome) => Do(new WorkflowCommand.Commit(item.Id, item.Epoch, outcome));

    /// <summary>Commits a step that goes on to these nodes with its own input.</summary>
    public WorkflowDecision Next(WorkItem item, params string[] to) =>
        Commit(item, new StepOutcome { Successors = [.. to.Select(name => new ItemSeed(State.Workflow.IndexOf(name), item.Input))] });

    public WorkflowDecision End(WorkItem item, string output) => Commit(item, new StepOutcome { Outputs = [Payload.FromJson(output)] });

    public WorkflowDecision Fail(WorkItem item, string message = "no") =>
        Do(new WorkflowCommand.Fail(item.Id, item.Epoch, FailureKinds.Generic, message));

    public WorkflowDecision Wait(TimeSpan time)
    {
        Now += time;
        return Do(new WorkflowCommand.Tick());
    }

    public string NameOf(WorkItem item) => State.Workflow.Nodes[item.Node].Name;

    public static CompiledWorkflow Compile<TOut>(Action<Workflow<NoContext>> define)
    {
        var flow = new Workflow<NoContext>("flow");
        define(flow);
        return flow.Build<int, TOut>().Compiled;
    }
}
