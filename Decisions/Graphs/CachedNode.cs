using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The outcome of a node of an earlier run.</summary>
/// <param name="Run">The run.</param>
/// <param name="Tasks">Its tasks, by index.</param>
public sealed record CachedNode(RunId Run, ImmutableArray<CachedTask> Tasks);

/// <summary>The outcome of one task of it.</summary>
/// <param name="ResultJson">The result; null for none.</param>
/// <param name="Batches">Its accepted batches, by number.</param>
public sealed record CachedTask(string? ResultJson, ImmutableArray<AcceptedBatch> Batches);
