namespace OrleansFlow.Decisions.Queries;

/// <summary>A worker that can run tasks of queries.</summary>
/// <param name="Id">Never used again: a process that comes back is another one.</param>
/// <param name="Cores">Cores, at least 1.</param>
/// <param name="RunningTasks">Tasks of other queries that it runs.</param>
/// <param name="IsLost">Whether this query does without it from now on.</param>
public readonly record struct QueryWorker(string Id, int Cores, int RunningTasks, bool IsLost = false);
