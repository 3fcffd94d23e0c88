namespace OrleansFlow.Samples.OrderFlow;

/// <summary>One item of an order on its way into a box.</summary>
internal sealed record Parcel(Order Order, string Item);
