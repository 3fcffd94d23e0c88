using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Migrations;

/// <summary>How one run moves to a newer version of its workflow: all that was made with user types, so that nobody needs them to carry it out.</summary>
public sealed record MigrationPlan
{
    /// <summary>The definition that the run goes on with.</summary>
    public required CompiledWorkflow Workflow { get; init; }

    /// <summary><see cref="WorkflowRunState.Position"/> of the run that the plan was made for; a run that has gone on since needs another plan.</summary>
    public required long Position { get; init; }

    /// <summary>The context to go on with; <c>default</c> keeps the one there is.</summary>
    public Payload Context { get; init; }

    /// <summary>By place of a node of the old definition its place in the new one; -1 where it is gone.</summary>
    public required ImmutableArray<int> Nodes { get; init; }

    /// <summary>The items that go on; all others are dropped.</summary>
    public required ImmutableArray<MovedItem> Items { get; init; }

    /// <summary>
    /// Makes a plan without the user's types: items go on at the node of their name, or of the one that it is now, with the input they have, and the context stays.
    /// Nobody checks that they read as what the new version takes; where they do not, steps fail. <c>PlanMigration</c> of a definition checks.
    /// </summary>
    /// <param name="run">The run. Pause it before: one that goes on meanwhile needs another plan.</param>
    /// <param name="workflow">The newer version of its workflow.</param>
    /// <param name="renames">By name of an old node its name now; null for no node.</param>
    /// <param name="drops">Nodes whose items end; null for none.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>: the version is not newer, or items have nowhere to go; all of them are named.</exception>
    public static MigrationPlan ByName(
        WorkflowRunState run, CompiledWorkflow workflow, IReadOnlyDictionary<string, string>? renames = null, IReadOnlyCollection<string>? drops = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(workflow);
        var problems = new List<FlowProblem>();
        foreach (var node in (renames?.Keys ?? []).Concat(drops ?? []).Where(node => run.Workflow.IndexOf(node) < 0))
        {
            Say(node, $"Version {run.Workflow.Version} of '{run.Workflow.Name}', which the run is on, has no node '{node}'.");
        }

        foreach (var node in (renames?.Values ?? []).Where(node => workflow.IndexOf(node) < 0))
        {
            Say(node, $"Version {workflow.Version} of '{workflow.Name}' has no node '{node}'.");
        }

        var moves = new ItemMoves(
            run,
            workflow,
            name => renames?.GetValueOrDefault(name) is { } to ? (true, to) : (drops?.Contains(name) == true, null),
            static (_, _, input, _) => input,
            "Say what it is called now, or drop its items.",
            Say);
        var plan = new MigrationPlan { Workflow = workflow, Position = run.Position, Nodes = moves.Places, Items = problems.Count == 0 ? moves.Make() : [] };
        return problems.Count > 0 ? throw new FlowException(FlowErrorCode.BadInput, problems)
            : WorkflowMigration.Problem(run, plan) is { } problem ? throw new FlowException(FlowErrorCode.BadInput, problem)
            : plan;

        void Say(string node, string message)
        {
            if (!problems.Exists(problem => problem.Message == message))
            {
                problems.Add(new FlowProblem("migration", $"nodes.{node}", message));
            }
        }
    }
}
