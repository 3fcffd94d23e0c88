namespace OrleansFlow.Sql.Adaptive;

/// <summary>Which tasks a stage has, now that the sizes of its inputs are known, and what each reads.</summary>
/// <param name="StageId">The stage.</param>
/// <param name="Tasks">Its tasks, at least one.</param>
public sealed record StageAssignment(int StageId, IReadOnlyList<TaskReads> Tasks);

/// <summary>What one task reads.</summary>
/// <param name="Inputs">One for each input of the stage, in their order.</param>
public sealed record TaskReads(IReadOnlyList<InputReads> Inputs);

/// <summary>The part of an input that a task reads.</summary>
/// <param name="Name">Name of the input.</param>
/// <param name="FirstProducer">First task of the producing stage.</param>
/// <param name="ProducerCount">Tasks of the producing stage.</param>
/// <param name="FirstPartition">First partition of each.</param>
/// <param name="PartitionCount">Partitions of each.</param>
public sealed record InputReads(string Name, int FirstProducer, int ProducerCount, int FirstPartition, int PartitionCount);
