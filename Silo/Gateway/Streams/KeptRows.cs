namespace OrleansFlow.Silo.Gateway.Streams;

/// <summary>What is kept of a stream at one moment, by the files that it lies in.</summary>
/// <param name="Log">The log's folder below that of all streams.</param>
/// <param name="Segments">Where the rows are, in order.</param>
/// <param name="Bytes">Of the files.</param>
internal sealed record KeptRows(string Log, IReadOnlyList<KeptSegment> Segments, long Bytes);

/// <summary>Rows of one segment.</summary>
/// <param name="Segment">The segment: the number of its first row.</param>
/// <param name="First">Number of the first of these rows.</param>
/// <param name="Count">Rows, at least 1.</param>
internal readonly record struct KeptSegment(long Segment, long First, long Count);
