using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>A node that undoes another one. It stands after the nodes of the document, and no way leads to it.</summary>
/// <param name="Node">Position of the node that it undoes.</param>
/// <param name="OnCancel">Whether it also runs when the run is cancelled.</param>
public sealed record PlanCompensation(int Node, bool OnCancel)
{
    /// <summary>What its id adds to that of the node.</summary>
    public const string Suffix = ".compensate";

    /// <summary>The parameter in which the handler finds what it undoes.</summary>
    public const string Parameter = "compensates";

    /// <summary>The parameters of its task: the node's with what it undoes laid over them.</summary>
    internal string ParamsOf(GraphRunState state, string? paramsJson)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("node", state.Plan!.Nodes[Node].Id);
            writer.WritePropertyName("result");
            RunScope.Parent.ResultOf(state.Nodes[Node]).WriteTo(writer);
            writer.WriteString("reason", state.CancelReason ?? state.Failure?.Reason);
            writer.WriteEndObject();
        }

        return JsonMembers.With(paramsJson, Parameter, Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
