using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Simulation.Workflows;

/// <summary>
/// One random workflow, one run, several workers and no cluster: every message is lost, late or doubled as the seed says, and the run is read again from its
/// rows whenever its process crashes. What is decided must not show any of it.
/// </summary>
internal sealed partial class DecisionSimulation
{
    private const int StepsMax = 50_000;

    private readonly SeededRandom _random;
    private readonly RandomWorkflow _workflow;
    private readonly List<Held> _held = [];
    private readonly List<WorkflowCommand> _sent = [];
    private readonly List<byte[]> _rows = [];
    private readonly bool _cancels;
    private readonly Clock _clock = new();
    private WorkflowRunState _run;
    private (byte[] Utf8, CompiledWorkflow Workflow, int Rows)? _snapshot;
    private int _signals;
    private bool _reopened;
    private string? _violation;

    private DecisionSimulation(ulong seed)
    {
        _random = new SeededRandom(seed, "decisions");
        _workflow = RandomWorkflow.Create(new SeededRandom(seed, "workflow"), "random", mayFail: seed % 4 == 0);
        _cancels = _random.Chance(0.1);
        _migrates = _random.Chance(0.3);
        _resetsAtMost = _random.Chance(0.3) ? 3 : 0;
        _run = WorkflowRunState.None(_workflow.Definition.Compiled);
        Do(new WorkflowCommand.Start { RunId = "run", Input = Write(_workflow.Input) });
    }

    /// <summary>Runs one seed to its end.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="seen">Gets how often the rarer things happened; null where nobody counts.</param>
    /// <returns>What went wrong, with the workflow; null when nothing did.</returns>
    public static string? Run(ulong seed, Action<string, int>? seen = null)
    {
        var simulation = new DecisionSimulation(seed);
        simulation.Run();
        seen?.Invoke("children", simulation._children.Count);
        seen?.Invoke("updates", simulation._updates.Count);
        seen?.Invoke("resets", simulation._resets);
        seen?.Invoke("migrations", simulation._run.Workflow.Version - 1);
        seen?.Invoke("renewals", simulation._run.LogStart > 0 ? 1 : 0);
        return simulation._violation is { } violation ? $"{violation} in {simulation._workflow.Text} of {simulation._workflow.Input}" : null;
    }

    /// <summary>The definition of the version that the run is on.</summary>
    private WorkflowDefinition<int, int, MergeMap<GrowCounter>> Current => _run.Workflow.Version == 1 ? _workflow.Definition : _workflow.NextVersion;

    private void Run()
    {
        for (var step = 0; _violation is null && !IsOver(); step++)
        {
            if (step == StepsMax)
            {
                Violate($"the run did not end; it has {string.Join(", ", _run.Items.Values.Select(item => $"{(item.Node < 0 ? item.Update : _run.Workflow.Nodes[item.Node].Name)} {item.Status}"))}");
                return;
            }

            Act();
            Check();
        }

        if (_violation is null)
        {
            Judge();
        }
    }

    private bool IsOver()
    {
        if (!_run.IsFinal)
        {
            return false;
        }

        if (_run.Status == WorkflowRunStatus.Failed && _workflow.Visits.Fatal is not null && !_reopened && _random.Chance(0.3))
        {
            // Once more, with all attempts before it: what failed for good does so again.
            _reopened = true;
            Do(new WorkflowCommand.Reopen());
            return false;
        }

        return true;
    }

    private void Check()
    {
        if (_run.Status == WorkflowRunStatus.Running && _run.Pending.IsEmpty && _run.Due.IsEmpty && _run.Awaiting.IsEmpty && _held.Count == 0
            && !_run.Items.Values.Any(WaitsForAChild))
        {
            Violate("the run waits for nothing that has a name");
        }
    }

    private void Judge()
    {
        JudgeOthers();
        var compiled = _workflow.Definition.Compiled;
        switch (_run.Status)
        {
            case WorkflowRunStatus.Cancelled when _cancels:
            case WorkflowRunStatus.Failed when _workflow.Visits.Fatal is { } fatal && _run.Failure is { } failure && failure.Contains(fatal, StringComparison.Ordinal):
            case WorkflowRunStatus.Failed when _workflow.Visits.Fatal is not null && _run.Failure is { } other
                && compiled.Nodes.Any(node => _workflow.Text.Contains($"{node.Name}:fatal", StringComparison.Ordinal) && other.Contains(node.Name, StringComparison.Ordinal)):
                return;
            case WorkflowRunStatus.Completed when _workflow.Visits.Fatal is null:
                var outputs = _run.Outputs.Select(output => JsonSerializer.Deserialize<int>(output.Utf8.Span)).Order().ToList();
                if (!outputs.SequenceEqual(_workflow.Outputs))
                {
                    Violate($"the outputs are {string.Join(',', outputs)} instead of {string.Join(',', _workflow.Outputs)}");
                }
                else if (_workflow.FindWrong(Current.ReadContext(_run)) is { } wrong)
                {
                    Violate(wrong);
                }
                else
                {
                    JudgeWhatCame();
                }

                return;
            default:
                Violate($"the run ended as {_run.Status}: {_run.Failure}");
                return;
        }
    }

    private bool IsCurrent(WorkflowCommand command) => command switch
    {
        WorkflowCommand.Commit commit => Holds(commit.Item, commit.Epoch),
        WorkflowCommand.Fail fail => Holds(fail.Item, fail.Epoch),
        _ => false,
    };

    private bool Holds(long item, long epoch) =>
        _run.Items.TryGetValue(item, out var current) && current.Epoch == epoch && current.Status == WorkItemStatus.InProgress && !_run.IsFinal;

    private WorkflowCommand OutcomeOf(Held held)
    {
        var call = held.Definition.ExecuteAsync(held.Item, held.Context, _clock).AsTask();
        if (!call.IsCompleted)
        {
            Violate("a step waited for something");
        }

#pragma warning disable VSTHRD002, VSTHRD103 // It has completed: nothing blocks.
        return call.IsCompletedSuccessfully
            ? new WorkflowCommand.Commit(held.Item.Id, held.Item.Epoch, call.Result)
            : FailureOf(held.Item, call.Exception!.InnerException!);
#pragma warning restore VSTHRD002, VSTHRD103
    }

    /// <summary>As a worker says it.</summary>
    private WorkflowCommand.Fail FailureOf(WorkItem item, Exception failure) => new(item.Id, item.Epoch, FailureKinds.Generic, failure.Message, _random.NextDouble())
    {
        Permanent = failure is NonRetryableException or FlowException { Kind.Retry: RetryAdvice.Never },
        Code = (failure as FlowException)?.Code,
    };

    private WorkflowTurnStep Do(WorkflowCommand command)
    {
        var turn = new WorkflowRunTurn(_run);
        var step = turn.Do(command, _clock.Now);
        Store(turn);
        return step;
    }

    private void Store(WorkflowRunTurn turn)
    {
        if (turn.EventCount == 0)
        {
            return;
        }

        _rows.Add(WorkflowEventJson.ToUtf8(turn.Events));
        _run = turn.State;
    }

    private static bool Same(WorkflowRunState left, WorkflowRunState right) => WorkflowRunJson.WriteSnapshot(left).AsSpan().SequenceEqual(WorkflowRunJson.WriteSnapshot(right));

    private static Payload Write<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value));

    private void Violate(string violation) => _violation ??= violation;

    private sealed class Held(WorkItem item, WorkflowDefinition<int, int, MergeMap<GrowCounter>> definition, MergeMap<GrowCounter> context)
    {
        public WorkflowDefinition<int, int, MergeMap<GrowCounter>> Definition => definition;

        public WorkItem Item => item;

        public MergeMap<GrowCounter> Context => context;

        public bool IsLost { get; set; }
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
