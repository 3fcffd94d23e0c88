using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.History;

/// <summary>One line of a run's history.</summary>
/// <param name="Position">Place of the event in the run's log that it comes from; several lines may come from one.</param>
/// <param name="TimeUtc">When.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Text">What happened, in words.</param>
/// <param name="Item">The item; 0 for none.</param>
/// <param name="Node">The item's node, or the name of an update; <see langword="null"/> for none.</param>
/// <param name="Attempt">Which attempt at the item, from 1; 0 for none.</param>
/// <param name="Payload">The item's input where one starts, the output where a step or run ends with one, or what a signal carries.</param>
public sealed record WorkflowHistoryLine(
    long Position, DateTimeOffset TimeUtc, WorkflowHistoryKind Kind, string Text, long Item = 0, string? Node = null, int Attempt = 0, Payload Payload = default)
{
    /// <summary>Position, time, kind, node and item, and text.</summary>
    public override string ToString() =>
        $"{Position,6} {TimeUtc:yyyy-MM-dd HH:mm:ss.fff} {Kind,-16} {(Item == 0 ? "" : $"{Node}#{Item}"),-20} {Text}".TrimEnd();
}
