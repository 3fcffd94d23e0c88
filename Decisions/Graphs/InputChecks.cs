using System.Collections.Immutable;
using System.Globalization;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Inputs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>Whether the input adapters that a graph names exist and take the arguments that it gives.</summary>
internal static class InputChecks
{
    /// <summary>Notes what is wrong with the nodes' input adapters.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="edges">Its edges.</param>
    /// <param name="announced">What workers have announced; null: nothing is said about adapters that not every worker has.</param>
    /// <param name="problems">Where the problems go.</param>
    /// <returns>The adapters that not every worker has.</returns>
    public static ImmutableArray<string> Run(
        GraphDefinition graph, GraphEdges edges, IReadOnlyDictionary<string, AdapterSchema>? announced, List<FlowProblem> problems)
    {
        SortedSet<string>? foreign = null;
        for (var index = 0; index < graph.Nodes.Count; index++)
        {
            if (graph.Nodes[index].Input is not { } input)
            {
                continue;
            }

            var schema = BuiltInAdapters.Find(input.Adapter);
            if (schema is null)
            {
                (foreign ??= new SortedSet<string>(StringComparer.Ordinal)).Add(input.Adapter);
                if (announced is null)
                {
                    continue;
                }

                schema = announced.GetValueOrDefault(input.Adapter);
            }

            var path = string.Create(CultureInfo.InvariantCulture, $"nodes[{index}].input");
            if (schema is not null)
            {
                CheckArguments(graph.Nodes[index], schema, [.. edges.Of(index).Select(parent => parent.Node)], path, problems);
            }
            else if (!input.AllowUnknownAdapter)
            {
                GraphChecks.Note(problems, GraphProblemCodes.BadInputAdapter, $"{path}.adapter", MessageOf(input.Adapter, announced!));
            }
        }

        return foreign is null ? [] : [.. foreign];
    }

    private static void CheckArguments(NodeDefinition node, AdapterSchema schema, string[] parents, string path, List<FlowProblem> problems)
    {
        foreach (var problem in AdapterArguments.Check(schema, node.Input!.Args ?? default, parents, node.Tasks))
        {
            GraphChecks.Note(
                problems, GraphProblemCodes.BadInputArgs, problem.Argument.Length == 0 ? $"{path}.args" : $"{path}.args.{problem.Argument}", problem.Message);
        }
    }

    private static string MessageOf(string adapter, IReadOnlyDictionary<string, AdapterSchema> announced)
    {
        var known = BuiltInAdapters.All.Select(schema => schema.Name).Concat(announced.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return $"no worker has announced input adapter '{adapter}'; known: {string.Join(", ", known)}. Start a worker that has it, correct the name, or "
            + "say allow_unknown_adapter: true.";
    }
}
