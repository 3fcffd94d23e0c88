using OrleansFlow.Sql.Adaptive;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>How one query runs.</summary>
/// <param name="KeepsRows">Whether every stage keeps its rows until the query ends.</param>
/// <param name="Adaptive">Limits of re-planning stages from the sizes of others; null: all stages run as they were planned.</param>
/// <param name="FilterRowCountMin">Rows that a stage has to be expected to make for it to wait for values that leave some of them out; null: none waits.</param>
internal sealed record QueryMode(bool KeepsRows, AdaptiveOptions? Adaptive, long? FilterRowCountMin);

/// <summary>What was changed of a plan while it ran.</summary>
/// <param name="StageId">The stage that runs otherwise than planned.</param>
/// <param name="Kind">What about it.</param>
/// <param name="TasksBefore">Its tasks as planned.</param>
/// <param name="TasksAfter">Its tasks as they are.</param>
/// <param name="Detail">For people: why, with sizes.</param>
internal sealed record QueryChange(int StageId, QueryChangeKind Kind, int TasksBefore, int TasksAfter, string Detail);

/// <summary>What was changed of a stage.</summary>
internal enum QueryChangeKind
{
    /// <summary>It has other tasks, or they read other partitions.</summary>
    Tasks = 0,

    /// <summary>One side of its join is read by every task, and the other is not sent.</summary>
    Broadcast = 1,

    /// <summary>Rows of it that would find no match are left out.</summary>
    Filter = 2,
}
