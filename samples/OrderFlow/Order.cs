namespace OrleansFlow.Samples.OrderFlow;

/// <summary>What a customer wants.</summary>
/// <param name="Id">Unique; the key of everything that is done for the order.</param>
/// <param name="Amount">What it costs.</param>
/// <param name="Items">What is packed, each by itself.</param>
internal sealed record Order(string Id, decimal Amount, IReadOnlyList<string> Items);
