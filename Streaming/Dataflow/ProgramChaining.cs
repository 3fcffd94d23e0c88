using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Puts operators that need no exchange between them into one subtask, so that rows go on by a call.</summary>
public static class ProgramChaining
{
    /// <summary>
    /// Fuses node B into A where A is no source, the edge is forward, both have the same parallelism, A has no other successor, B has no
    /// other predecessor, and B is no sink. A source has no incoming edge, a sink no outgoing one.
    /// </summary>
    /// <param name="program">Not changed.</param>
    /// <returns>A program that does the same; ids of operators, and with them their state, stay as they are.</returns>
    public static Program Chain(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var chained = program.Clone();
        while (FindPair(chained) is { } pair)
        {
            Fuse(chained, pair);
        }

        return chained;
    }

    private static ProgramEdge? FindPair(Program program)
    {
        foreach (var edge in program.Edges)
        {
            if (edge.Kind == EdgeKind.Forward
                && !edge.IsSide
                && edge.Source != edge.Target
                && program.Edges.Any(other => other.Target == edge.Source)
                && program.Edges.Count(other => other.Source == edge.Source) == 1
                && program.Edges.Count(other => other.Target == edge.Target) == 1
                && program.Edges.Any(other => other.Source == edge.Target)
                && program.Nodes.FirstOrDefault(node => node.Id == edge.Source) is { } first
                && program.Nodes.FirstOrDefault(node => node.Id == edge.Target) is { } second
                && first.Parallelism == second.Parallelism)
            {
                return edge;
            }
        }

        return null;
    }

    private static void Fuse(Program program, ProgramEdge pair)
    {
        var first = program.Nodes.First(node => node.Id == pair.Source);
        var second = program.Nodes.First(node => node.Id == pair.Target);
        first.Chain.AddRange(second.Chain);
        first.Description = $"{first.Description} -> {second.Description}";
        program.Nodes.Remove(second);
        program.Edges.Remove(pair);
        foreach (var edge in program.Edges)
        {
            edge.Source = edge.Source == second.Id ? first.Id : edge.Source;
        }
    }
}
