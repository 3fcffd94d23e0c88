using System.Buffers;
using System.Text;
using System.Text.Json;
using OrleansFlow.Decisions.Expressions;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>What the outputs of a graph can name: <c>nodes.ID</c> with its state, the run's <c>vars</c> and <c>params</c>.</summary>
internal sealed class OutputScope(GraphRunState state) : IExpressionScope
{
    /// <summary>Names that a path may begin with.</summary>
    public static readonly string[] Roots = ["nodes", "params", "vars"];

    public int Count => Roots.Length;

    public ExpressionValue Find(string name) => name switch
    {
        "nodes" => ExpressionValue.Of(new Nodes(state)),
        "params" => state.Plan!.ParamsJson is { } json ? ExpressionValue.Of(JsonElement.Parse(json)) : ExpressionValue.Null,
        "vars" => ExpressionValue.Of(state.Variables),
        _ => ExpressionValue.Null,
    };

    /// <summary>The outputs as one JSON object; null when the graph names none.</summary>
    public static string? ResultOf(GraphRunState state)
    {
        if (state.Plan!.Outputs.IsEmpty)
        {
            return null;
        }

        var scope = new OutputScope(state);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (name, expression) in state.Plan.Outputs)
            {
                writer.WritePropertyName(name);
                expression.Evaluate(scope).WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private sealed class Nodes(GraphRunState state) : IExpressionScope
    {
        public int Count => state.Nodes.Count;

        public ExpressionValue Find(string name) =>
            state.Plan!.Find(name) is { } node ? ExpressionValue.Of(new RunScope.Parent(state.Nodes[node.Index])) : ExpressionValue.Null;
    }
}
