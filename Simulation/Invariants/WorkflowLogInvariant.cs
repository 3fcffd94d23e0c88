using System.Globalization;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>
/// What the rows of a workflow run's log say, row by row as they become durable: one row for each number, a step only under the lease that stands, epochs that only
/// rise, an end that nothing but a person changes, and a run that goes on only while something that can be named will let it.
/// </summary>
/// <param name="world">The world.</param>
internal sealed class WorkflowLogInvariant(SimulatedWorld world)
{
    private const string Prefix = "wf-log-";

    private readonly Dictionary<GrainId, (long Next, WorkflowRunState State)> _runs = [];
    private readonly Dictionary<(GrainId Run, long Item), long> _epochs = [];

    private IEnumerable<CompiledWorkflow> Definitions => world.Options.Workflows.SelectMany(workflow => workflow.Served).Select(served => served.Compiled);

    /// <summary>A row of a run's log became durable.</summary>
    public void OnApplied(string state, GrainId grain, WorkflowLogRow row)
    {
        if (!state.StartsWith(Prefix, StringComparison.Ordinal) || row.Events.IsDefault)
        {
            return;
        }

        var number = long.Parse(state.AsSpan(Prefix.Length), CultureInfo.InvariantCulture);
        var events = WorkflowEventJson.Read(row.Events.Utf8);
        var (next, run) = _runs.TryGetValue(grain, out var known) ? known : (0, WorkflowRunState.None(DefinitionOf((WorkflowRunEvent.Started)events[0])));
        if (number != next)
        {
            Violate(grain, $"has written row {number}, and row {next} is its next");
            return;
        }

        foreach (var happened in events)
        {
            if (Problem(grain, run, happened) is { } problem)
            {
                Violate(grain, $"{problem} (row {number})");
                return;
            }

            run = WorkflowRunDecider.Apply(run, happened);
        }

        _runs[grain] = (next + 1, run);
        if (run.Status == WorkflowRunStatus.Running && run.Pending.IsEmpty && run.LaneTop == 0 && run.Due.IsEmpty && run.Awaiting.IsEmpty && run.Children.IsEmpty)
        {
            Violate(grain, $"goes on after row {number} and waits for nothing that has a name");
        }
    }

    private string? Problem(GrainId grain, WorkflowRunState run, WorkflowRunEvent happened)
    {
        switch (happened)
        {
            case WorkflowRunEvent.Leased leased:
                if (leased.Epoch <= _epochs.GetValueOrDefault((grain, leased.Item)))
                {
                    return $"leases item {leased.Item} under epoch {leased.Epoch}, which it has had";
                }

                _epochs[(grain, leased.Item)] = leased.Epoch;
                return run.Status == WorkflowRunStatus.Running ? null : $"leases item {leased.Item} while it is {run.Status}";
            case WorkflowRunEvent.Committed committed:
                return Stale(grain, run, committed.Item, committed.Epoch);
            case WorkflowRunEvent.Failed failed:
                return Stale(grain, run, failed.Item, failed.Epoch);
            case WorkflowRunEvent.Steered { Kind: SteerKind.Reopen } or WorkflowRunEvent.Restored or WorkflowRunEvent.OrderDelivered or WorkflowRunEvent.Migrated or WorkflowRunEvent.Attached:
                return null;
            default:
                return run.IsFinal ? $"has ended ({run.Status}), and then {happened.GetType().Name}" : null;
        }
    }

    private string? Stale(GrainId grain, WorkflowRunState run, long item, long epoch) =>
        run.IsFinal ? $"has ended ({run.Status}), and then a step of item {item}"
        : _epochs.GetValueOrDefault((grain, item)) != epoch || !run.Items.TryGetValue(item, out var live) || live.Status != WorkItemStatus.InProgress
            ? $"takes a step of item {item} under epoch {epoch}, which does not hold it" : null;

    private CompiledWorkflow DefinitionOf(WorkflowRunEvent.Started started) =>
        Definitions.First(definition => definition.Name == started.Workflow && definition.Version == started.Version);

    private void Violate(GrainId grain, string what) => world.Watch.Violate($"leases of workflows: {grain} {what}");
}
