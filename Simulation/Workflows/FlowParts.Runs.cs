using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Simulation.Workflows;

/// <content>Pieces that have to do with other runs, or with the run as a whole.</content>
internal static partial class FlowParts
{
    /// <summary>The query that random workflows have: how often an effect happened.</summary>
    public const string CountQuery = "count";

    /// <summary>The update that they have: an effect of its own, named by its argument.</summary>
    public const string TouchUpdate = "touch";

    /// <summary>An argument that begins so is refused by the update's validation.</summary>
    public const string RefusedPrefix = "no-";

    /// <summary>The effect of one update.</summary>
    public static string TouchOf(string update) => $"touch of {update}";

    /// <summary>The workflow that a part's child runs are of: it fails for every fourth number and sleeps for some others.</summary>
    /// <param name="workflow">Name of the workflow that has the part.</param>
    /// <param name="name">Name of the part.</param>
    public static WorkflowDefinition<int, int, MergeMap<GrowCounter>> ChildOf(string workflow, string name)
    {
        var nodes = new FlowNodes(new Workflow<MergeMap<GrowCounter>>($"{workflow}-{name}"));
        var work = nodes.Counted<int, int>(name, (value, _) =>
            ChildOutput(name, value) is not { } output ? Transition.Abort<int>(new InvalidOperationException("a child that fails"))
            : value % 3 == 0 ? Transition.Sleep(TimeSpan.FromSeconds(2), output)
            : output).Retry(StepRetryPolicy.Never).End();
        return nodes.Flow.Start(work).Build<int, int>();
    }

    /// <summary>What a child run gives; null when it fails.</summary>
    public static int? ChildOutput(string name, int value) => value % 4 == 0 ? null : Mix(name, value);

    /// <summary>A child run that is awaited; what the parent does when it fails is its fallback's.</summary>
    public static FlowPart Child(string name, WorkflowDefinition<int, int, MergeMap<GrowCounter>> child, bool cancelWithParent) => new(
        $"{name}:child",
        (nodes, next) =>
        {
            var rescue = nodes.Counted<NodeFailure<int>, int>($"{name}-rescue", (failure, _) => failure.Input + 300).To(next);
            var done = nodes.Counted<int, int>($"{name}-done", (value, _) => value).To(next);
            return nodes.Flow.Child(name, child, cancelWithParent).OnFailure(rescue).To(done);
        },
        (values, visits) => [.. values.Select(value =>
        {
            visits.AddChild(child.Compiled.Name);
            return ChildOutput(name, value) is { } output ? Visit($"{name}-done", visits, output) : Visit($"{name}-rescue", visits, value + 300);
        })]);

    /// <summary>A step that starts a child run and goes on without it.</summary>
    public static FlowPart Fire(string name, WorkflowDefinition<int, int, MergeMap<GrowCounter>> child, bool cancelWithParent) => new(
        $"{name}:fire",
        (nodes, next) => nodes.Counted<int, int>(name, (value, scope) =>
        {
            scope.StartChild(ChildStart.Of(child, value) with { CancelWithParent = cancelWithParent });
            return Mix(name, value);
        }).To(next),
        (values, visits) => [.. values.Select(value =>
        {
            visits.AddChild(child.Compiled.Name);
            return Visit(name, visits, Mix(name, value));
        })]);

    /// <summary>The first part of a whole workflow, after which its run continues as new a few times before it goes on. Nothing else may be under way then.</summary>
    public static FlowPart Renewed(string name, int times, FlowPart first, FlowPart rest) => new(
        $"[{first.Text} {name}:as new {times} times] {rest.Text}",
        (nodes, next) => first.Build(nodes, nodes.Counted<int, int>(name, (value, scope) =>
        {
            if (scope.Context[name].Value <= times)
            {
                return Continuation.AsNew(value);
            }

            return value;
        }).To(rest.Build(nodes, next))),
        (values, visits) =>
        {
            for (var pass = 0; pass <= times; pass++)
            {
                values = first.Evaluate(values, visits);
                visits.Add(name, values.Count);
            }

            return rest.Evaluate(values, visits);
        });
}
