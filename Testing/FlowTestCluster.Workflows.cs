using OrleansFlow.Worker.Attempts;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Execution;

namespace OrleansFlow.Testing;

/// <content>Workflows on the test's workers.</content>
public sealed partial class FlowTestCluster
{
    /// <summary>A workflow that the workers serve (<see cref="FlowTestOptions.AddWorkflow"/>).</summary>
    /// <param name="definition">Its definition.</param>
    public TestWorkflow<TIn, TOut, TContext> Workflow<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> definition)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(definition);
        return new TestWorkflow<TIn, TOut, TContext>(this, definition);
    }

    private List<RoleRegistration> StepRoles()
    {
        List<RoleRegistration> roles = [];
        foreach (var workflow in _options.Workflows)
        {
            var steps = new WatchedSteps(workflow, _work);
            foreach (var role in WorkflowRoles.Of(steps.Compiled, []))
            {
                Faults.Steps.Know(role, steps.Compiled);
                roles.Add(new RoleRegistration(role, steps));
            }
        }

        return roles;
    }
}
