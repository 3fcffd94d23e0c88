using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows;

/// <summary>What became of a start.</summary>
/// <param name="Created">True when the run is new.</param>
/// <param name="Line">What the index is to be told; null when it knows, or need not.</param>
/// <param name="Grant">The lease of the first item, for the ticket's worker; null when it was not leased.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowBegun")]
public sealed record WorkflowBegun([property: Id(0)] bool Created, [property: Id(1)] WorkflowLine? Line = null, [property: Id(2)] LeaseGrant? Grant = null);
