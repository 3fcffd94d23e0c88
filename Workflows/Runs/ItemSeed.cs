namespace OrleansFlow.Workflows.Runs;

/// <summary>An item that is to follow from a step.</summary>
/// <param name="Node">Place of its node.</param>
/// <param name="Input">Its input.</param>
public readonly record struct ItemSeed(int Node, Payload Input);
