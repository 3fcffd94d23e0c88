namespace OrleansFlow.Storage.Groups;

/// <summary>How much a committer takes on; from a store's checked options.</summary>
/// <param name="WritesMax">Most writes of a group.</param>
/// <param name="BytesMax">Bytes of state after which a group takes no further write.</param>
/// <param name="QueueMax">Most writes that wait; further callers wait for room.</param>
internal readonly record struct GroupLimits(int WritesMax, int BytesMax, int QueueMax);
