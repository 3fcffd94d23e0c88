using System.Globalization;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Simulation.Workflows;

/// <summary>
/// A workflow drawn at random: splits, joins, loops, branches, fallbacks, retries, signals, timers, batches, nested workflows and child runs, in any order and
/// depth; some continue as new. What it gives does not depend on the order in which its items run, so that there is one right answer whatever goes wrong.
/// </summary>
internal sealed class RandomWorkflow
{
    private const int DepthMax = 3;

    private readonly SeededRandom _random;
    private readonly List<WorkflowDefinition<int, int, MergeMap<GrowCounter>>> _children = [];
    private readonly string _name;
    private int _names;

    private RandomWorkflow(SeededRandom random, string name, bool mayFail)
    {
        (_random, _name) = (random, name);
        var times = random.Chance(0.25) ? random.Between(1, 2) : 0;
        var first = times > 0 ? Draw(DepthMax, mayFail: false, keepsCount: true) : null;
        var part = Draw(0, mayFail, keepsCount: false);
        part = first is null ? part : FlowParts.Renewed(NextName(), times, first, part);
        Text = part.Text;
        Input = random.Next(100);
        var visits = new FlowVisits();
        Outputs = [.. part.Evaluate([Input], visits).Order()];
        Visits = visits;
        Definition = Build(name, part, version: 1);
        NextVersion = Build(name, part, version: 2);
    }

    /// <summary>The workflow.</summary>
    public WorkflowDefinition<int, int, MergeMap<GrowCounter>> Definition { get; }

    /// <summary>The same in a newer version, to which runs may move.</summary>
    public WorkflowDefinition<int, int, MergeMap<GrowCounter>> NextVersion { get; }

    /// <summary>The workflows of its child runs.</summary>
    public IReadOnlyList<WorkflowDefinition<int, int, MergeMap<GrowCounter>>> Children => _children;

    /// <summary>All that a worker has to serve for it.</summary>
    public IEnumerable<WorkflowDefinition<int, int, MergeMap<GrowCounter>>> Served => [Definition, NextVersion, .. _children];

    /// <summary>What it is made of, for a person.</summary>
    public string Text { get; }

    /// <summary>What a run of it begins with.</summary>
    public int Input { get; }

    /// <summary>The outputs of a sequential run, in order of size.</summary>
    public IReadOnlyList<int> Outputs { get; }

    /// <summary>The effects of a sequential run.</summary>
    public FlowVisits Visits { get; }

    /// <summary>Draws one.</summary>
    /// <param name="random">Draws.</param>
    /// <param name="name">Its name.</param>
    /// <param name="mayFail">Whether it may have steps that fail the run.</param>
    public static RandomWorkflow Create(SeededRandom random, string name, bool mayFail) => new(random, name, mayFail);

    /// <summary>Says what is wrong with the context of a run that has completed; null when nothing is.</summary>
    public string? FindWrong(MergeMap<GrowCounter> context)
    {
        foreach (var (effect, count) in context.Values)
        {
            if (effect.StartsWith(FlowParts.UseOf(""), StringComparison.Ordinal) || effect.StartsWith(FlowParts.TouchOf(""), StringComparison.Ordinal))
            {
                if (count.Value != 1)
                {
                    return $"{effect}: {count.Value} times";
                }
            }
            else if (count.Value != Visits.Counts.GetValueOrDefault(effect))
            {
                return $"effect {effect} happened {count.Value} times instead of {Visits.Counts.GetValueOrDefault(effect)}";
            }
        }

        return Visits.Counts.Keys.FirstOrDefault(effect => !context.Values.ContainsKey(effect)) is { } lost ? $"effect {lost} was lost" : null;
    }

    private static WorkflowDefinition<int, int, MergeMap<GrowCounter>> Build(string name, FlowPart part, int version)
    {
        var flow = new Workflow<MergeMap<GrowCounter>>(name, version).Output(OutputRule.List)
            .Query<string, long>(FlowParts.CountQuery, (effect, context) => context[effect].Value)
            .Update<string, long>(FlowParts.TouchUpdate, (id, _) => id.StartsWith(FlowParts.RefusedPrefix, StringComparison.Ordinal) ? "refused" : null, (id, scope) =>
            {
                FlowNodes.Count(scope, FlowParts.TouchOf(id));
                return scope.Context[FlowParts.TouchOf(id)].Value;
            });
        if (version > 1)
        {
            flow.MigrateFrom(version - 1);
        }

        var end = flow.Node<int, int>("end", (value, _) => value).End();
        return flow.Start(part.Build(new FlowNodes(flow), end)).Build<int, int>();
    }

    private string NextName() => string.Create(CultureInfo.InvariantCulture, $"n{++_names}");

    private WorkflowDefinition<int, int, MergeMap<GrowCounter>> ChildOf(string name)
    {
        _children.Add(FlowParts.ChildOf(_name, name));
        return _children[^1];
    }

    private FlowPart Draw(int depth, bool mayFail, bool keepsCount)
    {
        var part = Piece(depth, mayFail, keepsCount);
        for (var more = _random.Next(depth == 0 ? 4 : 2); more > 0; more--)
        {
            part = FlowParts.Chain(part, Piece(depth, mayFail, keepsCount));
        }

        return part;
    }

    private FlowPart Piece(int depth, bool mayFail, bool keepsCount)
    {
        var name = NextName();
        if (mayFail && _random.Chance(0.1))
        {
            return FlowParts.Fatal(name);
        }

        return _random.Next(depth >= DepthMax ? 10 : keepsCount ? 11 : 15) switch
        {
            0 => FlowParts.Sleep(name, _random.Between(1, 5)),
            1 => FlowParts.Retried(name),
            2 => FlowParts.Loop(name),
            3 => FlowParts.Fallback(name),
            4 => FlowParts.Signal(name, expires: _random.Chance(0.5)),
            5 => FlowParts.Batch(name, _random.Between(1, 3)),
            6 => FlowParts.Nested(name),
            7 => FlowParts.Step(name),
            8 => FlowParts.Child(name, ChildOf(name), _random.Chance(0.5)),
            9 => FlowParts.Fire(name, ChildOf(name), _random.Chance(0.5)),
            10 => FlowParts.Either(name, Draw(depth + 1, mayFail, keepsCount), Draw(depth + 1, mayFail, keepsCount)),
            11 or 12 => FlowParts.ForkAll(name, _random.Between(1, 4), Draw(depth + 1, mayFail, keepsCount: false), _random.Chance(0.3)),
            13 => FlowParts.Broadcast(name, Draw(depth + 1, mayFail, keepsCount: false), Draw(depth + 1, mayFail, keepsCount: false)),
            _ => Some(name, depth, mayFail),
        };
    }

    private FlowPart Some(string name, int depth, bool mayFail)
    {
        var width = _random.Between(1, 4);
        return FlowParts.ForkSome(name, width, _random.Between(1, width), Draw(depth + 1, mayFail, keepsCount: true));
    }
}
