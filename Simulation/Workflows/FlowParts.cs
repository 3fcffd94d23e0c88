using System.Globalization;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Simulation.Workflows;

/// <summary>The kinds of pieces that random workflows are made of.</summary>
internal static partial class FlowParts
{
    /// <summary>The signals that nodes wait for.</summary>
    public const string SignalPrefix = "go-";

    /// <summary>A time that no simulation reaches.</summary>
    private static readonly TimeSpan Never = TimeSpan.FromDays(3650);

    /// <summary>One step.</summary>
    public static FlowPart Step(string name) => Each(name, name, (value, _) => Transition.Next(Mix(name, value)), value => Mix(name, value));

    /// <summary>A step that goes on after a time.</summary>
    public static FlowPart Sleep(string name, int seconds) => Each(
        name, $"{name}:sleep {seconds}s", (value, _) => Transition.Sleep(TimeSpan.FromSeconds((value % seconds) + 1), Mix(name, value)), value => Mix(name, value));

    /// <summary>A step that fails at first, and for some numbers twice.</summary>
    public static FlowPart Retried(string name) => Each(
        name,
        $"{name}:retried",
        (value, scope) => scope.Attempt <= 1 + (value % 2) ? Transition.Abort<int>(new InvalidOperationException("not yet")) : Mix(name, value),
        value => Mix(name, value),
        node => node.Retry(new StepRetryPolicy { MaxAttempts = 3, InitialBackoff = TimeSpan.FromMilliseconds(300) }));

    /// <summary>A step that halves a number until it is at most 1, once a visit.</summary>
    public static FlowPart Loop(string name) => new(
        $"{name}:loop",
        (nodes, next) =>
        {
            var node = nodes.Counted<int, int>(name, (value, _) => value / 2);
            return node.Branch(arms => arms.When(value => value > 1, node).Otherwise(next));
        },
        (values, visits) => [.. values.Select(value =>
        {
            do
            {
                visits.Add(name);
                value /= 2;
            }
            while (value > 1);
            return value;
        })]);

    /// <summary>A step that fails for good for every third number; its fallback goes on in its place.</summary>
    public static FlowPart Fallback(string name) => new(
        $"{name}:fallback",
        (nodes, next) =>
        {
            var rescue = nodes.Counted<NodeFailure<int>, int>($"{name}-rescue", (failure, _) => failure.Input + (100 * failure.Attempts)).To(next);
            return nodes.Counted<int, int>(name, (value, _) => value % 3 == 0 ? Transition.Abort<int>(new InvalidOperationException("never")) : Mix(name, value))
                .Retry(new StepRetryPolicy { MaxAttempts = 2 }).OnFailure(rescue).To(next);
        },
        (values, visits) => [.. values.Select(value =>
        {
            visits.Add(value % 3 == 0 ? $"{name}-rescue" : name);
            return value % 3 == 0 ? value + 200 : Mix(name, value);
        })]);

    /// <summary>A step that fails the run for some numbers.</summary>
    public static FlowPart Fatal(string name) => new(
        $"{name}:fatal",
        (nodes, next) => nodes.Counted<int, int>(name, (value, _) => IsFatal(value) ? Transition.Abort<int>(new InvalidOperationException("fatal")) : Mix(name, value))
            .Retry(new StepRetryPolicy { MaxAttempts = 2 }).To(next),
        (values, visits) => [.. values.Select(value =>
        {
            visits.Add(name);
            visits.Fatal = IsFatal(value) ? name : visits.Fatal;
            return Mix(name, value);
        })]);

    /// <summary>A step that waits for a signal, whose every single use is counted by what the signal carries.</summary>
    public static FlowPart Signal(string name, bool expires) => new(
        $"{name}:signal",
        (nodes, next) => nodes.Flow.Node<int, int>(name, (value, scope) =>
        {
            if (scope.Signal is null)
            {
                return Transition.WaitForSignal<int>(SignalPrefix + name, expires ? TimeSpan.FromSeconds(20) : null);
            }

            FlowNodes.Count(scope, name);
            if (scope.TryGetSignal<string>(out var id))
            {
                FlowNodes.Count(scope, UseOf(id));
            }

            return Mix(name, value);
        }).To(next),
        (values, visits) => [.. values.Select(value => Visit(name, visits, Mix(name, value)))]);

    /// <summary>The effect that counts the uses of one signal.</summary>
    public static string UseOf(string signal) => $"use of {signal}";

    /// <summary>Even numbers one way, odd ones another.</summary>
    public static FlowPart Either(string name, FlowPart even, FlowPart odd) => new(
        $"{name}:either({even.Text}|{odd.Text})",
        (nodes, next) =>
        {
            var (first, second) = (even.Build(nodes, next), odd.Build(nodes, next));
            return nodes.Counted<int, int>(name, (value, _) => value).Branch(arms => arms.When(value => value % 2 == 0, first, "even").Otherwise(second));
        },
        (values, visits) =>
        {
            visits.Add(name, values.Count);
            return [.. Entered(even, values.Where(value => value % 2 == 0), visits), .. Entered(odd, values.Where(value => value % 2 != 0), visits)];
        },
        even.KeepsCount && odd.KeepsCount);

    /// <summary>Each number becomes several, which go their way and meet in a join of all.</summary>
    public static FlowPart ForkAll(string name, int width, FlowPart body, bool bounded) => new(
        $"{name}:fork {width}({body.Text})",
        (nodes, next) => nodes.Flow.Split<int, int>(name, value => Spread(value, width)).To(body.Build(nodes, Sum(nodes, name, bounded ? JoinRule.All.Within(Never) : JoinRule.All, next))),
        (values, visits) => Total(name, body.Evaluate([.. values.SelectMany(value => Spread(value, width))], visits), visits),
        KeepsCount: false);

    /// <summary>Each number goes two ways at the same time; they meet in a join of all.</summary>
    public static FlowPart Broadcast(string name, FlowPart left, FlowPart right) => new(
        $"{name}:both({left.Text}&{right.Text})",
        (nodes, next) =>
        {
            var join = Sum(nodes, name, JoinRule.All, next);
            return nodes.Counted<int, int>(name, (value, _) => value).To(left.Build(nodes, join), right.Build(nodes, join));
        },
        (values, visits) =>
        {
            visits.Add(name, values.Count);
            return Total(name, [.. Entered(left, values, visits), .. Entered(right, values, visits)], visits);
        },
        KeepsCount: false);

    /// <summary>The first few of several go on as one, whichever they are; the body must keep their number.</summary>
    public static FlowPart ForkSome(string name, int width, int wanted, FlowPart body) => new(
        $"{name}:first {wanted} of {width}({body.Text})",
        (nodes, next) =>
        {
            var after = nodes.Counted<IReadOnlyList<int>, int>($"{name}-first", (values, _) => values.Count).To(next);
            var join = nodes.Flow.Join<int>($"{name}-join", wanted == 1 ? JoinRule.Any : JoinRule.Of(wanted)).To(after);
            return nodes.Flow.Split<int, int>(name, value => Spread(value, width)).To(body.Build(nodes, join));
        },
        (values, visits) =>
        {
            _ = body.Evaluate([.. values.SelectMany(value => Spread(value, width))], visits);
            visits.Add($"{name}-first");
            return [wanted];
        },
        KeepsCount: false);

    /// <summary>A batch inside one step, whose elements are counted one by one.</summary>
    public static FlowPart Batch(string name, int width) => new(
        $"{name}:batch",
        (nodes, next) =>
        {
            var sum = nodes.Counted<IReadOnlyList<int>, int>($"{name}-sum", (values, _) => values.Sum() % 1000).To(next);
            var batch = nodes.Flow.Batch<int, int>($"{name}-batch", width, (value, scope, _) =>
            {
                FlowNodes.Count(scope, name);
                return new(Mix(name, value));
            }).To(sum);
            var list = nodes.Flow.Node<int, IReadOnlyList<int>>($"{name}-list", (value, _) => Transition.Next<IReadOnlyList<int>>(Spread(value, 3))).To(batch);
            return nodes.Flow.Node<int, int>(name, (value, _) => value).To(list);
        },
        (values, visits) => [.. values.Select(value =>
        {
            visits.Add(name, 3);
            return Visit($"{name}-sum", visits, Spread(value, 3).Sum(element => Mix(name, element)) % 1000);
        })]);

    /// <summary>A workflow inside one step.</summary>
    public static FlowPart Nested(string name) => new(
        $"{name}:nested",
        (nodes, next) =>
        {
            var inner = new FlowNodes(new Workflow<MergeMap<GrowCounter>>(name));
            var end = inner.Counted<int, int>($"{name}-end", (value, _) => value).End();
            return nodes.Flow.Nested(name, inner.Flow.Start(Loop($"{name}-loop").Build(inner, end)).Build<int, int>()).To(next);
        },
        (values, visits) => [.. Loop($"{name}-loop").Evaluate(values, visits).Select(value => Visit($"{name}-end", visits, value))]);

    /// <summary>One after the other.</summary>
    public static FlowPart Chain(FlowPart first, FlowPart second) => new(
        $"{first.Text} {second.Text}",
        (nodes, next) => first.Build(nodes, second.Build(nodes, next)),
        (values, visits) => Entered(second, first.Evaluate(values, visits), visits),
        first.KeepsCount && second.KeepsCount);

    private static FlowPart Each(
        string name,
        string text,
        Func<int, NodeScope<MergeMap<GrowCounter>>, Transition<int>> run,
        Func<int, int> evaluate,
        Func<WorkflowNode<int, int, MergeMap<GrowCounter>>, WorkflowNode<int, int, MergeMap<GrowCounter>>>? configure = null) => new(
        text,
        (nodes, next) =>
        {
            var node = nodes.Counted(name, run).To(next);
            return configure is null ? node : configure(node);
        },
        (values, visits) => [.. values.Select(value => Visit(name, visits, evaluate(value)))]);

    private static WorkflowNode<int, IReadOnlyList<int>, MergeMap<GrowCounter>> Sum(FlowNodes nodes, string name, JoinRule rule, IAccepts<int> next) =>
        nodes.Flow.Join<int>($"{name}-join", rule).To(nodes.Counted<IReadOnlyList<int>, int>($"{name}-sum", (values, _) => values.Sum() % 1000).To(next));

    private static int[] Total(string name, IReadOnlyList<int> values, FlowVisits visits) => [Visit($"{name}-sum", visits, values.Sum() % 1000)];

    /// <summary>What nothing enters gives nothing, a join neither.</summary>
    private static IReadOnlyList<int> Entered(FlowPart part, IEnumerable<int> values, FlowVisits visits) =>
        values.ToList() is { Count: > 0 } some ? part.Evaluate(some, visits) : [];

    private static int Visit(string name, FlowVisits visits, int value)
    {
        visits.Add(name);
        return value;
    }

    private static int[] Spread(int value, int width) => [.. Enumerable.Range(0, width).Select(place => (value + place) % 100)];

    private static bool IsFatal(int value) => value % 7 == 0;

    /// <summary>Another number, which depends on the step, so that a step that ran twice or not at all shows.</summary>
    private static int Mix(string name, int value) => ((value * 7) + int.Parse(name.AsSpan(1), CultureInfo.InvariantCulture) + 3) % 97;
}
