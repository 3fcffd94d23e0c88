namespace OrleansFlow.Grains.Events;

/// <summary>A service of the silo that says that facts are published; where it is missing, none are, and they cost nothing.</summary>
public sealed class FlowEvents;
