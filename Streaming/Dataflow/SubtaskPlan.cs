using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>One input of a subtask.</summary>
/// <param name="Channel">Where its messages come from.</param>
/// <param name="SourceNode">The node that sends them.</param>
/// <param name="Side">Which of the node's incoming edges, in the order of the inputs: of a join 0 is the left side, 1 the right one.</param>
public sealed record InputPlan(ChannelKey Channel, ProgramNode SourceNode, int Side)
{
    /// <summary>Whether rows of the sender's second output come by it. Default false: its results do.</summary>
    public bool IsSideOutput { get; init; }
}

/// <summary>One outgoing edge of a subtask.</summary>
/// <param name="Edge">The edge.</param>
/// <param name="TargetNode">The node that receives.</param>
/// <param name="Channels">A channel for each subtask that it sends to, in the order of their indices.</param>
public sealed record OutputPlan(ProgramEdge Edge, ProgramNode TargetNode, IReadOnlyList<ChannelKey> Channels);

/// <summary>One subtask: what it runs, what it reads and where its rows go.</summary>
/// <param name="Node">The node; its chain is what runs.</param>
/// <param name="Index">Which subtask of the node.</param>
/// <param name="Inputs">Ordered by kind of edge, place of the edge, index of the sender. Empty for a source.</param>
/// <param name="Outputs">In the order of the program. Empty for a sink.</param>
public sealed record SubtaskPlan(ProgramNode Node, int Index, IReadOnlyList<InputPlan> Inputs, IReadOnlyList<OutputPlan> Outputs)
{
    /// <summary>Whether nothing flows into it.</summary>
    public bool IsSource => Inputs.Count == 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Node.Id}-{Index}";
}
