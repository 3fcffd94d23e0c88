namespace OrleansFlow.Sql.Stages;

/// <summary>How the rows of one stage reach the tasks of another.</summary>
public enum ExchangeKind
{
    /// <summary>
    /// Rows with equal keys meet: a producer task writes <see cref="StageOutput.PartitionCount"/> partitions by the hash of the keys; consumer task i of n
    /// reads the partitions from i * PartitionCount / n up to the next task's of every producer task.
    /// </summary>
    Shuffle = 1,

    /// <summary>Fewer, or as many, tasks: each producer task is read by one consumer task, in contiguous groups of ceil(producers / consumers).</summary>
    Coalesce = 2,

    /// <summary>One consumer task reads the sorted rows of all producer tasks as one sorted stream.</summary>
    Merge = 3,

    /// <summary>Every consumer task reads all rows.</summary>
    Broadcast = 4,

    /// <summary>Rows are dealt out evenly: partitions as for <see cref="Shuffle"/>, filled in turns.</summary>
    RoundRobin = 5,
}
