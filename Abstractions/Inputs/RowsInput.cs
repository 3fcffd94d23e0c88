namespace OrleansFlow.Inputs;

/// <summary>Payload of a batch that <c>pull.files</c>, <c>pull.query</c> or <c>pull.cursor</c> read.</summary>
/// <param name="Source">The file, <c>statement</c>, or the name of the connection.</param>
/// <param name="FirstRow">Number of the batch's first row: within the file, or among the rows that this attempt read.</param>
public sealed record RowsInput(string Source, long FirstRow);
