namespace OrleansFlow.Client;

/// <summary>What the gateway says of itself and of what it depends on.</summary>
/// <param name="ClusterId">Id of the cluster.</param>
/// <param name="Version">Version of the silo.</param>
/// <param name="NowUtc">Its clock.</param>
/// <param name="Checks">One line for each part.</param>
public sealed record FlowHealth(string ClusterId, string Version, DateTimeOffset NowUtc, IReadOnlyList<FlowHealthCheck> Checks);

/// <summary>One part of the silo's health.</summary>
/// <param name="Name">The part, for example <c>store</c>.</param>
/// <param name="Healthy">Whether it works.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="Remedy">What to do when it does not work; empty otherwise.</param>
public sealed record FlowHealthCheck(string Name, bool Healthy, string Detail, string Remedy);
