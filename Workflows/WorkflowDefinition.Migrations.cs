using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <content>Runs of older versions.</content>
public sealed partial class WorkflowDefinition<TIn, TOut, TContext>
{
    /// <summary>True where <see cref="PlanMigration"/> has rules for the run.</summary>
    internal bool CanMigrate(WorkflowRunState run) =>
        !run.IsFinal && run.Workflow.Name == Compiled.Name && _migrations.Any(rules => rules.Version == run.Workflow.Version);

    /// <summary>Makes the plan by which a live run of an older version moves to this one, as <see cref="Workflow{TContext}.MigrateFrom"/> says. Changes nothing itself.</summary>
    /// <param name="run">The run. Pause it before: one that goes on meanwhile needs another plan.</param>
    /// <param name="json">How payloads are written; <see langword="null"/> for the defaults.</param>
    /// <exception cref="FlowException">
    /// <see cref="FlowErrorCode.BadInput"/>: the version is not newer, says nothing of the run's, or the run has items or a context that no rule moves; all of them are named.
    /// </exception>
    public MigrationPlan PlanMigration(WorkflowRunState run, JsonSerializerOptions? json = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        var from = run.Workflow;
        if (from.Name != Compiled.Name || from.Version >= Compiled.Version)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"A run of version {from.Version} of workflow '{from.Name}' cannot move to version {Compiled.Version} of '{Compiled.Name}': that is not a newer version of the same.");
        }

        foreach (var rules in _migrations)
        {
            if (rules.Version == from.Version)
            {
                return new MigrationPlanner<TContext>(run, Compiled, _nodes, rules, json).Make();
            }
        }

        throw new FlowException(FlowErrorCode.BadInput, $"Version {Compiled.Version} of workflow '{Compiled.Name}' does not say how runs of version {from.Version} move. Say MigrateFrom({from.Version}), or let them finish on theirs.");
    }
}
