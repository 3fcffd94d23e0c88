using OrleansFlow.Errors;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Migrations;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>Finds everything that is wrong with a workflow.</summary>
internal sealed class WorkflowChecks<TContext>(
    object owner, string workflow, int version, IReadOnlyList<WorkflowNode<TContext>> nodes, WorkflowNode<TContext>? start, Type inputType, Type outputType,
    IReadOnlyList<string> queries, IReadOnlyList<string> updates, IReadOnlyList<MigrationRules<TContext>> migrations)
    where TContext : IMergeable<TContext>
{
    private const int MaxNameLength = 128;
    private const int MaxKeyLimit = 10_000;

    private readonly List<FlowProblem> _problems = [];
    private readonly Dictionary<string, WorkflowNode<TContext>> _byName = new(StringComparer.Ordinal);

    public IReadOnlyList<FlowProblem> Run()
    {
        Header();
        foreach (var node in nodes)
        {
            if (!_byName.TryAdd(node.Name, node))
            {
                Say("duplicate_node", node.Name, $"Two nodes are named '{node.Name}'; rename one.");
            }
        }

        foreach (var node in nodes)
        {
            Options(node);
            Shape(node);
            foreach (var edge in node.Edges)
            {
                Edge(node, edge);
            }
        }

        Names("query", queries);
        Names("update", updates);
        Migrations();
        Whole();
        return _problems;
    }

    private void Header()
    {
        if (!IsName(workflow))
        {
            Say("bad_name", "", $"'{workflow}' is no name for a workflow; use 1 to {MaxNameLength} letters, digits, dots, dashes and underscores.");
        }

        if (version < 1)
        {
            Say("bad_version", "", $"Version {version} of '{workflow}' is not allowed; versions start at 1.");
        }

        if (start is null)
        {
            Say("no_start", "", $"Workflow '{workflow}' does not say where it begins; call Start.");
        }
        else if (start.Owner != owner)
        {
            Say("unknown_node", start.Name, $"The start node '{start.Name}' belongs to another workflow.");
        }
        else if (!Fits(inputType, start.InputType))
        {
            Say("input_type", start.Name, $"The run's input is {inputType.Name}, but start node '{start.Name}' takes {start.InputType.Name}.");
        }
    }

    private void Options(WorkflowNode<TContext> node)
    {
        if (!IsName(node.Name))
        {
            Say("bad_name", node.Name, $"'{node.Name}' is no name for a node; use 1 to {MaxNameLength} letters, digits, dots, dashes and underscores.");
        }

        if (node.TimeLimit <= TimeSpan.Zero)
        {
            Say("bad_timeout", node.Name, $"Node '{node.Name}' has a time-out of {node.TimeLimit}; it must be more than zero.");
        }

        if (node.KeyLimit is < 1 or > MaxKeyLimit)
        {
            Say("bad_bound", node.Name, $"Node '{node.Name}' shares key '{node.Key}' {node.KeyLimit} times; it must be 1 to {MaxKeyLimit}.");
        }
        else if (nodes.First(other => other.Key == node.Key) is { } first && first.KeyLimit != node.KeyLimit)
        {
            Say("bad_bound", node.Name, $"Node '{node.Name}' shares key '{node.Key}' {node.KeyLimit} times and node '{first.Name}' {first.KeyLimit} times; say the same at both.");
        }

        if (node.VisitLimit < 1)
        {
            Say("bad_bound", node.Name, $"Node '{node.Name}' may run {node.VisitLimit} times in a run; it must be at least 1.");
        }
    }

    private void Names(string kind, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (!IsName(name))
            {
                Say("bad_name", "", $"'{name}' is no name for a {kind}; use 1 to {MaxNameLength} letters, digits, dots, dashes and underscores.");
            }
        }

        foreach (var name in names.CountBy(name => name).Where(pair => pair.Value > 1))
        {
            Say($"duplicate_{kind}", "", $"Workflow '{workflow}' has {name.Value} {(kind == "query" ? "queries" : "updates")} named '{name.Key}'; rename all but one.");
        }
    }

    private void Migrations()
    {
        foreach (var rules in migrations)
        {
            if (rules.Version < 1 || rules.Version >= version || migrations.Count(other => other.Version == rules.Version) > 1)
            {
                Say("bad_migration", "", $"MigrateFrom({rules.Version}) of version {version} is not allowed; say it once for each older version, from 1.");
            }

            foreach (var rule in rules.Moves)
            {
                if (rule.To is not null && !_byName.ContainsKey(rule.To))
                {
                    Say("bad_migration", "", $"MigrateFrom({rules.Version}) moves node '{rule.From}' to '{rule.To}', which is no node of workflow '{workflow}'.");
                }
                else if (rule.Type is { } type && !Fits(type, _byName[rule.To!].InputType))
                {
                    Say("bad_migration", rule.To!, $"MigrateFrom({rules.Version}) gives node '{rule.To}' {type.Name}, but it takes {_byName[rule.To!].InputType.Name}.");
                }
            }
        }
    }

    private void Shape(WorkflowNode<TContext> node)
    {
        if (node.Edges.Count == 0)
        {
            Say("no_edges", node.Name, $"Node '{node.Name}' leads nowhere; give it a successor, or say End() when its output is the run's.");
        }

        var branches = node.Edges.Where(edge => edge.Kind == EdgeKind.Branch).ToList();
        if (branches.Count == 0)
        {
            return;
        }

        if (node.Edges.Any(edge => edge.Kind == EdgeKind.Direct))
        {
            Say("branch_and_edge", node.Name, $"Node '{node.Name}' has both a branch and direct edges; put a node between them.");
        }

        if (node.ReturnsMany)
        {
            Say("next_all_from_branch", node.Name, $"Node '{node.Name}' makes several outputs and branches on one; branch in its successor.");
        }

        var open = Uncovered(node.OutputType, branches);
        if (open.Count > 0)
        {
            Say("branch_not_covering", node.Name, $"The branch of node '{node.Name}' has no arm for {string.Join(", ", open)}; add one or say Otherwise.");
        }
    }

    private void Edge(WorkflowNode<TContext> source, EdgeSpec edge)
    {
        if (edge.TargetName is null)
        {
            if (!Fits(edge.PayloadType, outputType))
            {
                Say("output_type", source.Name, $"Node '{source.Name}' ends with {edge.PayloadType.Name}, but the run's output is {outputType.Name}.");
            }

            return;
        }

        if (!_byName.TryGetValue(edge.TargetName, out var target) || (edge.Target is not null && !ReferenceEquals(edge.Target, target)))
        {
            Say("unknown_node", source.Name, $"Node '{source.Name}' leads to '{edge.TargetName}', which is no node of workflow '{workflow}'.");
        }
        else if (!Fits(edge.PayloadType, target.InputType))
        {
            Say("type_mismatch", source.Name, $"Node '{source.Name}' gives {edge.PayloadType.Name}, but node '{target.Name}' takes {target.InputType.Name}.");
        }
        else if (source.Edges.Count(other => other.Kind == EdgeKind.Direct && edge.Kind == EdgeKind.Direct && other.TargetName == edge.TargetName) > 1
            && ReferenceEquals(source.Edges.First(other => other.TargetName == edge.TargetName && other.Kind == EdgeKind.Direct), edge))
        {
            Say("duplicate_edge", source.Name, $"Node '{source.Name}' leads to '{target.Name}' twice.");
        }
    }

    private void Whole()
    {
        if (nodes.Count > 0 && !nodes.Any(node => node.Edges.Any(edge => edge.TargetName is null)))
        {
            Say("no_terminal", "", $"No node of workflow '{workflow}' ends with an output; say End() at one.");
        }

        if (start is null || start.Owner != owner)
        {
            return;
        }

        var reached = new HashSet<string>(StringComparer.Ordinal) { start.Name };
        var open = new Stack<WorkflowNode<TContext>>([start]);
        while (open.TryPop(out var node))
        {
            foreach (var name in node.Edges.Select(edge => edge.TargetName))
            {
                if (name is not null && _byName.TryGetValue(name, out var target) && reached.Add(name))
                {
                    open.Push(target);
                }
            }
        }

        foreach (var node in nodes.Where(node => !reached.Contains(node.Name)))
        {
            Say("unreachable_node", node.Name, $"No edge leads from the start '{start.Name}' to node '{node.Name}'.");
        }
    }

    /// <summary>The cases that no arm takes without a condition.</summary>
    /// <remarks>The cases of an abstract type are the types of its own assembly that derive from it; nobody else may add one.</remarks>
    private static List<string> Uncovered(Type type, List<EdgeSpec> branches)
    {
        var covered = branches.Select(edge => edge.Arm!.Covers).OfType<Type>().ToList();
        if (covered.Exists(candidate => candidate.IsAssignableFrom(type)))
        {
            return [];
        }

        if (!type.IsAbstract)
        {
            return [$"other values of {type.Name}"];
        }

        return [.. type.Assembly.GetTypes()
            .Where(candidate => !candidate.IsAbstract && type.IsAssignableFrom(candidate) && !covered.Exists(arm => arm.IsAssignableFrom(candidate)))
            .Select(candidate => candidate.Name)
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Values without a box travel as they are: only references may be taken as a base type.</summary>
    private static bool Fits(Type given, Type taken) => given == taken || (!given.IsValueType && taken.IsAssignableFrom(given));

    private static bool IsName(string? text) =>
        text is { Length: > 0 and <= MaxNameLength } && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_');

    private void Say(string code, string node, string message) => _problems.Add(new FlowProblem(code, node.Length == 0 ? "" : $"nodes.{node}", message));
}
