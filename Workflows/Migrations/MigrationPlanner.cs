using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Migrations;

/// <summary>Makes the plan by which one run moves: follows the rules, and proves that every input reads as what its new node takes.</summary>
internal sealed class MigrationPlanner<TContext>(
    WorkflowRunState run, CompiledWorkflow workflow, IReadOnlyList<WorkflowNode<TContext>> nodes, MigrationRules<TContext> rules, JsonSerializerOptions? json)
    where TContext : IMergeable<TContext>
{
    private readonly List<FlowProblem> _problems = [];

    public MigrationPlan Make()
    {
        var places = run.Workflow.Nodes.Select(node => workflow.IndexOf(rules.RuleOf(node.Name) is { } rule ? rule.To ?? "" : node.Name)).ToImmutableArray();
        var items = ImmutableArray.CreateBuilder<MovedItem>();
        foreach (var item in run.Items.Values.Concat(run.Left?.Items.Values ?? []).Where(item => item.Node != WorkItem.NoNode))
        {
            if (Moved(item) is { } moved)
            {
                items.Add(moved);
            }
        }

        foreach (var join in items.Where(item => workflow.Nodes[item.Node].Join is not null && run.OpenJoins.ContainsValue(item.Id)).CountBy(item => item.Node).Where(join => join.Value > 1))
        {
            Say(workflow.Nodes[join.Key].Name, $"Two joins that collect would both become '{workflow.Nodes[join.Key].Name}'; drop one of them.");
        }

        var context = Context();
        return _problems.Count == 0
            ? new MigrationPlan { Workflow = workflow, Position = run.Position, Context = context, Nodes = places, Items = items.ToImmutable() }
            : throw new FlowException(FlowErrorCode.BadInput, _problems);
    }

    private MovedItem? Moved(WorkItem item)
    {
        var from = run.Workflow.Nodes[item.Node];
        var to = Target(from);
        if (to < 0)
        {
            return null;
        }

        var joins = workflow.Nodes[to].Join is not null;
        if (from.Join is not null != joins)
        {
            Say(from.Name, $"Node '{from.Name}' {(joins ? "is no join and would become one" : "is a join and would become none")}, '{workflow.Nodes[to].Name}'. Drop its items, or move them elsewhere.");
            return null;
        }

        var isReleased = joins && item.Status != WorkItemStatus.Joining;
        return new MovedItem(item.Id, to, isReleased ? Released(item, to) : joins ? item.Input : Input(from, to, item.Input, $"item {item.Id}"))
        {
            Parts = [.. item.Parts.Select(part => Input(from, to, part, $"a part of item {item.Id}"))],
            Successors = [.. item.Successors.Select(Seed).OfType<ItemSeed>()],
        };
    }

    private ItemSeed? Seed(ItemSeed seed)
    {
        var from = run.Workflow.Nodes[seed.Node];
        var to = Target(from);
        return to < 0 ? null : new ItemSeed(to, Input(from, to, seed.Input, "what follows from a sleep"));
    }

    /// <summary>A join that has gone on has its items as a list.</summary>
    private Payload Released(WorkItem item, int to)
    {
        using var list = JsonDocument.Parse(item.Input.Utf8);
        var from = run.Workflow.Nodes[item.Node];
        return Payload.ArrayOf([.. list.RootElement.EnumerateArray().Select(part => Input(from, to, Payload.FromJson(part.GetRawText()), $"a part of item {item.Id}"))]);
    }

    /// <summary>Place of the new node; -1 where items are dropped, or where nothing is said of them, which is a problem.</summary>
    private int Target(CompiledNode from)
    {
        if (rules.RuleOf(from.Name) is { } rule)
        {
            return rule.To is null ? -1 : workflow.IndexOf(rule.To);
        }

        var to = workflow.IndexOf(from.Name);
        if (to < 0)
        {
            Say(from.Name, $"The run has items at node '{from.Name}', which version {workflow.Version} of '{workflow.Name}' does not have. Rename, move or drop it in MigrateFrom({rules.Version}).");
        }

        return to;
    }

    private Payload Input(CompiledNode from, int to, Payload payload, string what)
    {
        var type = nodes[to].InputType;
        try
        {
            var moved = rules.RuleOf(from.Name)?.Convert is { } convert ? convert(payload, json) : payload;
            JsonSerializer.Deserialize(moved.Utf8.Span, type, json);
            return moved;
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            Say(from.Name, $"The input of {what} at node '{from.Name}' is no {type.Name}, which '{nodes[to].Name}' takes now: {error.Message} Say how it moves in MigrateFrom({rules.Version}).");
            return payload;
        }
    }

    private Payload Context()
    {
        try
        {
            if (rules.ConvertContext is { } convert)
            {
                return new Payload(JsonSerializer.SerializeToUtf8Bytes(convert(run, json), json));
            }

            RunContext.Read<TContext>(run, json);
        }
        catch (JsonException error)
        {
            Say("", $"The run's context is not what version {workflow.Version} of '{workflow.Name}' reads: {error.Message} Say how it moves: MigrateFrom({rules.Version}, rules => rules.Context<Old>(…)).");
        }

        return default;
    }

    private void Say(string node, string message)
    {
        if (!_problems.Exists(problem => problem.Message == message))
        {
            _problems.Add(new FlowProblem("migration", node.Length == 0 ? "context" : $"nodes.{node}", message));
        }
    }
}
