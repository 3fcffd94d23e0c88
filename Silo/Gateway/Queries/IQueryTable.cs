using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>A table that tasks can read in parts.</summary>
internal interface IQueryTable
{
    /// <summary>The name by which plans name it.</summary>
    string Name { get; }

    /// <summary>Whether it may give other rows to a task that runs again: what was made of the earlier ones is then made anew. False for what is written once.</summary>
    bool MayChange => false;

    /// <summary>Divides it among the tasks of a scan.</summary>
    /// <exception cref="OrleansFlow.Errors.FlowException">It cannot be read.</exception>
    Task<IQueryScan> SplitAsync(StageScan scan, CancellationToken cancellationToken);
}

/// <summary>A table that was divided.</summary>
internal interface IQueryScan
{
    /// <summary>What a task reads.</summary>
    /// <param name="part">0-based; -1 for a task that reads no rows.</param>
    /// <param name="at">The worker that the task is at.</param>
    TaskScan Of(int part, QueryPeer at);
}
