namespace OrleansFlow.Tests.Streaming.StreamJobs;

/// <summary>A row of the generated table <c>e</c> as a record.</summary>
public sealed record LifeEvent(long? K, string? Name, int? N, double? V, bool? Flag, DateTime Ts);
