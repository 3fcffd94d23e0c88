using System.Collections.Immutable;
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
}
