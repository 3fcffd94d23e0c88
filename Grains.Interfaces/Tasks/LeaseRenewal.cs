namespace OrleansFlow.Tasks;

/// <summary>A holder's word that it is alive, for one lease.</summary>
/// <param name="Token">The lease.</param>
/// <param name="Progress">0 to 1; null when nothing is said about it.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.LeaseRenewal")]
public readonly record struct LeaseRenewal([property: Id(0)] LeaseToken Token, [property: Id(1)] double? Progress = null);
