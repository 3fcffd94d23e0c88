using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>A node of a job's program, as far as decisions need it.</summary>
/// <param name="Id">As the program numbers it.</param>
/// <param name="Parallelism">Subtasks; at least 1.</param>
/// <param name="Operators">Ids of its chained operators, in the order in which rows go through them.</param>
/// <param name="IsSource">Whether no edge leads to it: barriers begin here.</param>
public sealed record JobNode(uint Id, int Parallelism, ImmutableArray<string> Operators, bool IsSource);
