using OrleansFlow.Flight;

namespace OrleansFlow.Worker.Queries;

/// <summary>Names of the actions of a query worker; their messages are in <c>query_v1.proto</c>.</summary>
public static class QueryActions
{
    /// <summary>Takes plans of tasks: all of them or none.</summary>
    public const string SetPlans = "orleansflow.query.set-plans";

    /// <summary>Ends a query.</summary>
    public const string Cancel = "orleansflow.query.cancel";

    /// <summary>Ends attempts of tasks of a query that goes on.</summary>
    public const string StopTasks = "orleansflow.query.stop-tasks";

    /// <summary>Reports of a query's tasks until it ends.</summary>
    public const string Watch = "orleansflow.query.watch";

    /// <summary>What the worker is and can do.</summary>
    public const string WorkerInfo = "orleansflow.query.worker-info";

    /// <summary>What there is, for listings.</summary>
    internal static IReadOnlyList<FlightActionType> Types { get; } =
    [
        new(SetPlans, "Sets plans of query tasks, all or none. Body: SetPlansRequest. Result: SetPlansResponse."),
        new(Cancel, "Ends the tasks of a query. Body: CancelQueryRequest. Result: CancelQueryResponse."),
        new(StopTasks, "Ends attempts of tasks of a query that goes on. Body: StopTasksRequest. Result: StopTasksResponse."),
        new(Watch, "Reports of a query's tasks. Body: WatchQueryRequest. Results: TaskReport, until the query ends."),
        new(WorkerInfo, "What the worker is. Body: WorkerInfoRequest. Result: WorkerInfo."),
    ];
}
