namespace OrleansFlow.Client.Queries;

/// <summary>A table that statements can name.</summary>
/// <param name="Catalog">Its catalog: <c>flow</c> for registered tables and streams, <c>runs</c> for outputs of runs.</param>
/// <param name="Schema">Its namespace, or the run.</param>
/// <param name="Name">Its name, or the node.</param>
/// <param name="Kind">What it is: <c>TABLE</c>, <c>STREAM</c>, ...</param>
public sealed record FlowTable(string Catalog, string Schema, string Name, string Kind);
