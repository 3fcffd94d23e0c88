using System.Collections.Immutable;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Migrations;

/// <summary>Carries out migrations: a pure function of run and plan.</summary>
public static class WorkflowMigration
{
    private const int Gone = -1;

    /// <summary>Why a plan cannot be carried out; <see langword="null"/> when it can.</summary>
    /// <param name="run">The run.</param>
    /// <param name="plan">The plan.</param>
    public static string? Problem(WorkflowRunState run, MigrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(plan);
        if (run.IsFinal && run.Left is null)
        {
            return $"The run has ended ({run.Status}); there is nothing of it to migrate.";
        }

        if (run.Workflow.Name != plan.Workflow.Name || run.Workflow.Version >= plan.Workflow.Version)
        {
            return $"A run of version {run.Workflow.Version} of workflow '{run.Workflow.Name}' cannot move to version {plan.Workflow.Version} of '{plan.Workflow.Name}': that is not a newer version of the same.";
        }

        return run.Position == plan.Position ? null : $"The plan was made for position {plan.Position} of the run, which has gone on to {run.Position}. Plan again, or pause the run before.";
    }

    /// <summary>
    /// The run on its new definition. Items keep their ids, attempts, waits and what their nodes saved; those in progress are pending again, so that an
    /// outcome of the old version comes too late.
    /// </summary>
    /// <param name="run">The run, for which there is no <see cref="Problem"/>.</param>
    /// <param name="plan">The plan.</param>
    public static WorkflowRunState Apply(WorkflowRunState run, MigrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(plan);
        var moved = plan.Items.ToDictionary(item => item.Id);
        var hasContext = !plan.Context.IsDefault;
        return RunEdit.Indexed(run with
        {
            Workflow = plan.Workflow,
            Items = Moved(run.Items, moved),
            OpenJoins = Moved(run.OpenJoins, moved),
            ClosedJoins = [.. run.ClosedJoins.Select(node => plan.Nodes[node]).Where(node => node != Gone)],
            Visits = Moved(run.Visits, plan),
            Left = run.Left is { } left ? left with { Items = Moved(left.Items, moved), OpenJoins = Moved(left.OpenJoins, moved) } : null,
            Snapshot = hasContext ? plan.Context : run.Snapshot,
            SnapshotVersion = hasContext ? run.ContextVersion + 1 : run.SnapshotVersion,
            Deltas = hasContext ? [] : run.Deltas,
        });
    }

    private static ImmutableSortedDictionary<long, WorkItem> Moved(ImmutableSortedDictionary<long, WorkItem> items, Dictionary<long, MovedItem> moved)
    {
        var kept = ImmutableSortedDictionary.CreateBuilder<long, WorkItem>();
        foreach (var item in items.Values)
        {
            if (item.Node == WorkItem.NoNode)
            {
                kept.Add(item.Id, Fenced(item));
            }
            else if (moved.TryGetValue(item.Id, out var to))
            {
                kept.Add(item.Id, Fenced(item) with { Node = to.Node, Input = to.Input, Parts = [.. to.Parts], Successors = to.Successors });
            }
        }

        return kept.ToImmutable();
    }

    private static WorkItem Fenced(WorkItem item) => item.Status == WorkItemStatus.InProgress
        ? item with { Status = WorkItemStatus.Pending, Attempts = item.Attempts - 1, LimitUtc = null }
        : item;

    private static ImmutableSortedDictionary<int, long> Moved(ImmutableSortedDictionary<int, long> joins, Dictionary<long, MovedItem> moved) =>
        joins.Values.Where(moved.ContainsKey).ToImmutableSortedDictionary(item => moved[item].Node, item => item);

    private static NodeCounts Moved(NodeCounts visits, MigrationPlan plan)
    {
        var counts = new NodeCounts(plan.Workflow.Nodes.Length);
        for (var node = 0; node < visits.Count; node++)
        {
            if (visits[node] > 0 && plan.Nodes[node] != Gone)
            {
                counts = counts.Add(plan.Nodes[node], visits[node]);
            }
        }

        return counts;
    }
}
