using System.Text.Json;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Samples;

/// <summary>One durable run of a definition, decided and worked on here, on a clock that the test moves. Between any two steps it is stored and read again.</summary>
internal sealed class DurableRun<TIn, TOut, TContext>
    where TContext : IMergeable<TContext>
{
    private readonly WorkflowDefinition<TIn, TOut, TContext> _definition;
    private readonly ManualTimeProvider _time = new();

    public DurableRun(WorkflowDefinition<TIn, TOut, TContext> definition, TIn input)
    {
        _definition = definition;
        State = WorkflowRunDecider.Decide(
            WorkflowRunState.None(definition.Compiled), new WorkflowCommand.Start { RunId = "run", Input = Write(input) }, _time.GetUtcNow()).State;
    }

    public WorkflowRunState State { get; private set; }

    /// <summary>Leases handed out so far.</summary>
    public int Steps { get; private set; }

    /// <summary>Which lease's worker is killed, and whether it has executed the step by then; its lease ends without an outcome.</summary>
    public (int Step, bool Executed)? Kill { get; set; }

    public TOut Output => JsonSerializer.Deserialize<TOut>(State.Outputs.Single().Utf8.Span)!;

    public TContext Context => _definition.ReadContext(State);

    /// <summary>Does all that can be done without time going on.</summary>
    public async Task SettleAsync()
    {
        while (true)
        {
            State = WorkflowRunJson.Read(WorkflowRunJson.Write(State));
            if (Do(new WorkflowCommand.Take()).Item is not { } item)
            {
                return;
            }

            var isKilled = Kill?.Step == Steps++;
            if (isKilled && !Kill!.Value.Executed)
            {
                Do(new WorkflowCommand.Lose(item.Id, item.Epoch));
                continue;
            }

            try
            {
                var outcome = await _definition.ExecuteAsync(item, Context, _time, cancellationToken: TestContext.Current.CancellationToken);
                Do(isKilled ? new WorkflowCommand.Lose(item.Id, item.Epoch) : new WorkflowCommand.Commit(item.Id, item.Epoch, outcome));
            }
            catch (InvalidOperationException exception)
            {
                Do(new WorkflowCommand.Fail(item.Id, item.Epoch, FailureKinds.Generic, exception.Message));
            }
        }
    }

    /// <summary>Lets time pass, every timer in it with all that follows from it.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        await SettleAsync();
        var end = _time.GetUtcNow() + time;
        while (!State.IsFinal && State.NextDueUtc is { } due && due <= end)
        {
            _time.Advance(due - _time.GetUtcNow());
            Do(new WorkflowCommand.Tick());
            await SettleAsync();
        }

        _time.Advance(end - _time.GetUtcNow());
    }

    public async Task SignalAsync<T>(string name, T value)
    {
        Do(new WorkflowCommand.Signal(name, Write(value)));
        await SettleAsync();
    }

    /// <summary>What the run waits for, by node.</summary>
    public IEnumerable<string> Waiting() => State.Items.Values.Select(item => $"{State.Workflow.Nodes[item.Node].Name} {item.Status}");

    private WorkflowDecision Do(WorkflowCommand command)
    {
        var decision = WorkflowRunDecider.Decide(State, command, _time.GetUtcNow());
        State = decision.State;
        return decision;
    }

    private static Payload Write<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value));
}
