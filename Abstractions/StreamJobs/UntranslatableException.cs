using System.Linq.Expressions;

namespace OrleansFlow.StreamJobs;

/// <summary>A lambda has a part that SQL has not; it becomes a problem of the job.</summary>
internal sealed class UntranslatableException(string message) : Exception(message)
{
    /// <summary>A part that is not known.</summary>
    public static UntranslatableException Of(Expression node, string? hint = null) =>
        new($"'{node}' ({node.NodeType}) has no counterpart in SQL; {hint ?? "see docs/streaming/builder.md for what has, or use a function of the host by its name (Map, FlatMap, AsyncMap)."}");
}
