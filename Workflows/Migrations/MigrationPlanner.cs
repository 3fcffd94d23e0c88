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
        var moves = new ItemMoves(run, workflow, name => rules.RuleOf(name) is { } rule ? (true, rule.To) : (false, null), Input, $"Rename, move or drop it in MigrateFrom({rules.Version}).", Say);
        var items = moves.Make();
        var context = Context();
        return _problems.Count == 0
            ? new MigrationPlan { Workflow = workflow, Position = run.Position, Context = context, Nodes = moves.Places, Items = items }
            : throw new FlowException(FlowErrorCode.BadInput, _problems);
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
