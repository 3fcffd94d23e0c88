using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>The calls of a query's coordinator to workers (<c>query_v1.proto</c>). Thread-safe.</summary>
/// <remarks>Every method throws <see cref="RpcException"/> when the worker refuses or cannot be reached.</remarks>
internal interface IQueryCalls
{
    /// <summary>Gives a worker tasks: all of them or none.</summary>
    Task SetAsync(string location, string token, SetPlansRequest request, CancellationToken cancellationToken);

    /// <summary>Ends the tasks of a query at a worker and deletes what they kept.</summary>
    Task CancelAsync(string location, string token, string queryId, string reason, TimeSpan timeout);

    /// <summary>Ends attempts of tasks at a worker; their query goes on.</summary>
    Task StopAsync(string location, string token, IEnumerable<TaskKey> tasks, string reason, TimeSpan timeout);

    /// <summary>Hears of the tasks of a query at a worker until the query is cancelled there.</summary>
    IAsyncEnumerable<TaskReport> WatchAsync(string location, string token, string queryId, CancellationToken cancellationToken);

    /// <summary>Begins to read a task's rows.</summary>
    IQueryRows ReadAsync(string location, string token, OutputRange range, CancellationToken cancellationToken);
}

/// <summary>Rows that are being fetched; enumerated once. Disposing it ends the call.</summary>
internal interface IQueryRows : IAsyncEnumerable<RecordBatch>, IAsyncDisposable
{
    /// <summary>Waits for the columns.</summary>
    Task<ArrowSchema> GetSchemaAsync(CancellationToken cancellationToken);
}
