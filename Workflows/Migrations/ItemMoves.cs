using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Migrations;

/// <summary>Where the items of a run go in another definition: all of a plan for which the user's types are not needed.</summary>
/// <param name="run">The run.</param>
/// <param name="workflow">The definition that it moves to.</param>
/// <param name="ruleOf">By name of an old node: whether a rule names it, and the node it becomes, null for none.</param>
/// <param name="input">Makes the input of a new node of an old one's; with words that name it.</param>
/// <param name="wayOut">What is to be done about a node that is gone.</param>
/// <param name="say">Takes a problem: the node and what is wrong.</param>
internal sealed class ItemMoves(
    WorkflowRunState run,
    CompiledWorkflow workflow,
    Func<string, (bool HasRule, string? To)> ruleOf,
    Func<CompiledNode, int, Payload, string, Payload> input,
    string wayOut,
    Action<string, string> say)
{
    /// <summary>By place of an old node its place in the new definition; -1 where it is gone.</summary>
    public ImmutableArray<int> Places { get; } =
        [.. run.Workflow.Nodes.Select(node => workflow.IndexOf(ruleOf(node.Name) is { HasRule: true, To: var to } ? to ?? "" : node.Name))];

    /// <summary>The items that go on.</summary>
    public ImmutableArray<MovedItem> Make()
    {
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
            say(workflow.Nodes[join.Key].Name, $"Two joins that collect would both become '{workflow.Nodes[join.Key].Name}'; drop one of them.");
        }

        return items.ToImmutable();
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
            say(from.Name, $"Node '{from.Name}' {(joins ? "is no join and would become one" : "is a join and would become none")}, '{workflow.Nodes[to].Name}'. Drop its items, or move them elsewhere.");
            return null;
        }

        var isReleased = joins && item.Status != WorkItemStatus.Joining;
        return new MovedItem(item.Id, to, isReleased ? Released(item, to) : joins ? item.Input : input(from, to, item.Input, $"item {item.Id}"))
        {
            Parts = [.. item.Parts.Select(part => input(from, to, part, $"a part of item {item.Id}"))],
            Successors = [.. item.Successors.Select(Seed).OfType<ItemSeed>()],
        };
    }

    private ItemSeed? Seed(ItemSeed seed)
    {
        var from = run.Workflow.Nodes[seed.Node];
        var to = Target(from);
        return to < 0 ? null : new ItemSeed(to, input(from, to, seed.Input, "what follows from a sleep"));
    }

    /// <summary>A join that has gone on has its items as a list.</summary>
    private Payload Released(WorkItem item, int to)
    {
        using var list = JsonDocument.Parse(item.Input.Utf8);
        var from = run.Workflow.Nodes[item.Node];
        return Payload.ArrayOf([.. list.RootElement.EnumerateArray().Select(part => input(from, to, Payload.FromJson(part.GetRawText()), $"a part of item {item.Id}"))]);
    }

    /// <summary>Place of the new node; -1 where items are dropped, or where nothing is said of them, which is a problem.</summary>
    private int Target(CompiledNode from)
    {
        if (ruleOf(from.Name) is { HasRule: true, To: var renamed })
        {
            return renamed is null ? -1 : workflow.IndexOf(renamed);
        }

        var to = workflow.IndexOf(from.Name);
        if (to < 0)
        {
            say(from.Name, $"The run has items at node '{from.Name}', which version {workflow.Version} of '{workflow.Name}' does not have. {wayOut}");
        }

        return to;
    }
}
