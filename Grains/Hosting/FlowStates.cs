using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Grains.Catalogs;
using OrleansFlow.Grains.Graphs;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Grains.Workers;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Hosting;

/// <summary>Every state that the project's grains store, for checking a store without a silo.</summary>
public static class FlowStates
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(
            WorkerStateJson.Default, RunCatalogJson.Default, CatalogJson.Default, GraphRunJson.Default, TaskStateJson.Default, WorkflowJson.Default, WorkflowIndexJson.Default,
            WorkflowScheduleJson.Default, StreamJobJson.Default, new DefaultJsonTypeInfoResolver()),
    };

    /// <summary>Grain type, state name (or its part before the number), what reads it.</summary>
    private static readonly Dictionary<(string Type, string Name), StateKind> Kinds = new()
    {
        [("taskpartition", "partition")] = StateKind.Of<TaskPartitionHead>(_ => { }),
        [("taskpartition", "log")] = StateKind.Of<TaskImagesRow>(row => row.Tasks.ForEach(task => task.Check())),
        [("taskpartition", "ended")] = StateKind.Of<TaskImagesRow>(row => row.Tasks.ForEach(task => task.Check())),
        [("taskpartition", "index")] = StateKind.Of<EndedIndexRow>(_ => { }),
        [("graphrun", "run")] = StateKind.Of<GraphRunRow>(Check),
        [("graphrun", "run-plan")] = StateKind.Of<RunPlanRow>(row => GraphParser.Parse(row.DocumentJson, row.Files).RequirePlan()),
        [("graphrun", "run-nodes")] = StateKind.Of<RunNodesRow>(row => row.Nodes.ForEach(node => node.ToNode([]))),
        [("graphrun", "run-tasks")] = StateKind.Of<RunTasksRow>(row => row.Tasks.ForEach(task => task?.ToLease())),
        [("graphrun", "run-result")] = StateKind.Of<RunResultRow>(row => ArgumentNullException.ThrowIfNull(row.ResultJson)),
        [("graphrun", "run-items")] = StateKind.Of<RunItemsRow>(row => row.Items.ForEach(item => JsonDocument.Parse(item).Dispose())),
        [("graphrun", "run-vars")] = StateKind.Of<RunVariablesRow>(row => OrleansFlow.Decisions.Variables.RunVariables.Parse(row.VariablesJson)),
        [("graphrun", "run-checkpoint")] = StateKind.Of<CheckpointRow>(row => row.ToCheckpoint()),
        [("graphrun", "run-batches")] = StateKind.Of<RunBatchesRow>(row => row.Batches.ForEach(batch => batch.ToBatch(0))),
        [("runcatalog", "catalog")] = StateKind.Of<RunCatalogState>(row => row.Runs?.ForEach(line => _ = new RunId(line.Run))),
        [("runcatalog", "runs")] = StateKind.Of<RunCatalogSegmentState>(row => row.Runs.ForEach(line => _ = new RunId(line.Run))),
        [("workflowrun", "wf-log")] = StateKind.Of<WorkflowLogRow>(row => _ = row.Events.IsDefault ? [] : WorkflowEventJson.Read(row.Events.Utf8)),
        [("workflowrun", "wf-old")] = StateKind.Of<WorkflowSnapshotRow>(row => _ = WorkflowRunJson.DefinitionOf(row.Run.Utf8.Span)),
        [("workflowrun", "wf-base")] = StateKind.Of<WorkflowSnapshotRow>(row => _ = row.Deleting ? default : WorkflowRunJson.DefinitionOf(row.Run.Utf8.Span)),
        [("workflowdefinition", "definition")] = StateKind.Of<WorkflowDefinitionRow>(row => CompiledWorkflow.Parse(row.Compiled.Utf8.Span)),
        [("workflowcatalog", "workflows")] = StateKind.Of<WorkflowCatalogRow>(_ => { }),
        [("workflowschedule", "schedule")] = StateKind.Of<WorkflowScheduleRow>(row => _ = row.Schedule.IsDefault ? null : OrleansFlow.Workflows.Schedules.ScheduleState.Parse(row.Schedule)),
        [("workflowschedulelist", "schedules")] = StateKind.Of<WorkflowScheduleListRow>(_ => { }),
        [("workflowindex", "index")] = StateKind.Of<WorkflowIndexHead>(_ => { }),
        [("workflowindex", "runs")] = StateKind.Of<WorkflowIndexRow>(row => row.Runs.ForEach(line => line.ToLine())),
        [("catalog", "tables")] = StateKind.Of<CatalogState>(row => row.Tables.ForEach(table => table.ToTable())),
        [("catalog", "bucket")] = StateKind.Of<CatalogBucketState>(row => row.Tables.ForEach(table => table.ToTable())),
        [("rolequeue", "queue")] = StateKind.Of<QueueHeadState>(_ => { }),
        [("rolequeue", "segment")] = StateKind.Of<QueueSegmentState>(row => row.Items.ForEach(item => TaskId.Parse(item.Task))),
        [("limit", "limit")] = StateKind.Of<Limits.LimitGrainState>(row => row.Queues.ForEach(queue => ArgumentException.ThrowIfNullOrEmpty(queue))),
        [("nodecache", "cached")] = StateKind.Of<NodeCacheState>(row => _ = new RunId(row.Run)),
        [("jobdirectory", "names")] = StateKind.Of<JobDirectoryRow>(row => row.Names.ForEach(name => ArgumentException.ThrowIfNullOrEmpty(name))),
        [("streamjob", "job")] = StateKind.Of<StreamJobRow>(row => row.Job?.ToJob()),
        [("worker", "worker")] = StateKind.Of<WorkerGrainState>(_ => { }),
        [("workercatalog", "workers")] = StateKind.Of<WorkerCatalogState>(row => row.Workers.ForEach(worker => _ = new WorkerId(worker))),
    };

    /// <summary>The stored types.</summary>
    internal static IEnumerable<Type> Types => Kinds.Values.Select(kind => kind.Type);

    /// <summary>Says what is wrong with a stored state.</summary>
    /// <param name="grain">Text of the grain's id.</param>
    /// <param name="name">Name of the state.</param>
    /// <param name="payload">What is stored.</param>
    /// <returns>Null when it can be read. Of a state of a user's grain only that it is JSON is known.</returns>
    public static string? Fault(string grain, string name, string payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        try
        {
            if (Find(grain, name) is { } kind)
            {
                kind.Check(payload);
            }
            else
            {
                JsonDocument.Parse(payload).Dispose();
            }

            return null;
        }
        catch (Exception exception)
        {
            // Whatever a stored value makes its reader throw is what is wrong with it.
            return exception.Message;
        }
    }

    /// <summary>Names of the rows of the same grain that a row refers to, and that must therefore be there; empty for most states.</summary>
    /// <param name="grain">Text of the grain's id.</param>
    /// <param name="name">Name of the state.</param>
    /// <param name="payload">What is stored, readable.</param>
    public static IReadOnlyList<string> References(string grain, string name, string payload)
    {
        var type = Find(grain, name)?.Type;
        if (type == typeof(RunTasksRow))
        {
            return [.. JsonSerializer.Deserialize<RunTasksRow>(payload, Json)!.ResultRows()];
        }

        if (type == typeof(RunNodesRow))
        {
            return [.. JsonSerializer.Deserialize<RunNodesRow>(payload, Json)!.Nodes.Select(node => node.ItemsRow).OfType<string>()];
        }

        if (type != typeof(GraphRunRow)
            || JsonSerializer.Deserialize<GraphRunRow>(payload, Json) is not { Format: GraphRunRow.Segmented, Deleting: false, Deleted: false } head)
        {
            return [];
        }

        return
        [
            "run-plan",
            .. new RunSegments("run-nodes", head.NodeRows).Names,
            .. new RunSegments("run-tasks", head.TaskRows).Names,
            .. new RunSegments("run-batches", head.BatchRows).Names,
            .. new RunSegments("run-checkpoint", head.CheckpointRows).Names,
        ];
    }

    private static StateKind? Find(string grain, string name)
    {
        var slash = grain.IndexOf('/', StringComparison.Ordinal);
        var type = slash < 0 ? grain : grain[..slash];
        if (Kinds.TryGetValue((type, name), out var kind))
        {
            return kind;
        }

        var dash = name.LastIndexOf('-');
        var number = dash < 0 ? "" : name[(dash + 1)..].Split('.')[0];
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? Kinds.GetValueOrDefault((type, name[..dash])) : null;
    }

    private static void Check(GraphRunRow row)
    {
        if (row.Format < GraphRunRow.Segmented)
        {
            GraphParser.Parse(row.DocumentJson ?? "", row.Files).RequirePlan();
            row.Nodes!.ForEach(node => node.ToNode(node.Tasks!.Select(task => task.ToLease())));
        }
    }

    private sealed record StateKind(Type Type, Action<string> Check)
    {
        public static StateKind Of<T>(Action<T> use) => new(
            typeof(T), payload => use(JsonSerializer.Deserialize<T>(payload, Json) ?? throw new JsonException("the stored JSON is null")));
    }
}
