using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using Wire = OrleansFlow.Protocol.V1;

namespace OrleansFlow.Client.Protocol;

/// <summary>Turns messages of the gateway into the records that the rest of .NET code uses. Enum numbers are equal on both sides.</summary>
internal static class ProtocolViews
{
    public static RunView ToView(this Wire.Run run) => new()
    {
        RunId = new RunId(run.RunId),
        GraphName = run.GraphName,
        Status = (RunStatus)run.State,
        SubmittedUtc = run.SubmittedAt?.ToDateTimeOffset() ?? default,
        StartedUtc = run.StartedAt?.ToDateTimeOffset(),
        EndedUtc = run.EndedAt?.ToDateTimeOffset(),
        Nodes = [.. run.Nodes.Select(ToView)],
        Failure = run.Failure?.ToView(),
        CancelReason = run.CancelReason.Length == 0 ? null : run.CancelReason,
        RefusedEffects = run.RefusedEffects,
        Parent = run.ParentTaskId.Length == 0 ? default : TaskId.Parse(run.ParentTaskId),
        ResultJson = run.ResultJson.Length == 0 ? null : run.ResultJson,
        VariablesJson = run.VarsJson.Length == 0 ? null : run.VarsJson,
        NodeCount = run.NodeCount,
        NodeStates = [.. run.NodeStates.Select(count => new NodeStateCount((RunStatus)count.State, count.Nodes))],
        History = [.. run.History.Select(ToTransition)],
        ReopenedUtc = run.ReopenedAt?.ToDateTimeOffset(),
        IdempotencyKey = run.IdempotencyKey.Length == 0 ? null : run.IdempotencyKey,
        OutputsJson = run.OutputsJson.Length == 0 ? null : run.OutputsJson,
        ArtifactBytes = run.ArtifactBytes,
    };

    public static RunReason ToView(this Wire.WhyReason reason) =>
        new(reason.Code, reason.Text, reason.NodeId.Length == 0 ? null : reason.NodeId, reason.Until?.ToDateTimeOffset());

    public static ArtifactRef ToView(this Wire.Artifact artifact) => new()
    {
        Node = artifact.NodeId,
        TaskIndex = artifact.TaskIndex,
        Index = artifact.Index,
        Rows = artifact.Rows,
        Bytes = artifact.Bytes,
        Path = artifact.Path,
        Epoch = artifact.Epoch,
        Metrics = artifact.Metrics.ToDictionary(),
    };

    private static StatusTransition ToTransition(Wire.StatusChange change) => new(
        change.HasFrom ? (RunStatus)change.From : null, (RunStatus)change.To, change.At?.ToDateTimeOffset() ?? default, change.Reason.Length == 0 ? null : change.Reason);

    public static NodeView ToView(this Wire.Node node) => new()
    {
        NodeId = node.NodeId,
        Role = node.Role,
        Status = (RunStatus)node.State,
        DependsOn = [.. node.DependsOn],
        Tasks = [.. node.Tasks.Select(ToView)],
        TaskCount = node.TaskCount,
        ReadyCount = node.TasksReady,
        LeasedCount = node.TasksLeased,
        CompletedCount = node.TasksCompleted,
        Batches = node.Batches,
        Rows = node.Rows,
        Bytes = node.Bytes,
        Metrics = node.Metrics.ToDictionary(),
        StartedUtc = node.StartedAt?.ToDateTimeOffset(),
        EndedUtc = node.EndedAt?.ToDateTimeOffset(),
        Failure = node.Failure?.ToView(),
        History = [.. node.History.Select(ToTransition)],
        Reruns = node.Reruns,
        CachedFrom = node.CachedFrom.Length == 0 ? default : new RunId(node.CachedFrom),
    };

    public static TaskView ToView(this Wire.TaskDetail task) => new()
    {
        TaskId = TaskId.Parse(task.TaskId),
        Role = task.Role,
        Status = (FlowTaskStatus)task.State,
        Attempt = task.Attempt,
        Epoch = task.Epoch,
        Worker = task.WorkerId.Length == 0 ? default : new WorkerId(task.WorkerId),
        Batches = task.Batches,
        Progress = task.Progress,
        Failure = task.Failure?.ToView(),
        ResultJson = task.ResultJson.Length == 0 ? null : task.ResultJson,
        ChildRun = task.ChildRunId.Length == 0 ? default : new RunId(task.ChildRunId),
        ItemJson = task.ItemJson.Length == 0 ? null : task.ItemJson,
    };

    public static TaskFailure ToView(this Wire.Failure failure) => new(failure.Reason, failure.Permanent, failure.Message);

    public static RunChange ToChange(this Wire.RunEvent change) => change.KindCase switch
    {
        Wire.RunEvent.KindOneofCase.Snapshot => new RunChange.Snapshot(change.Snapshot.ToView()) { AtUtc = At(change) },
        Wire.RunEvent.KindOneofCase.Task => new RunChange.TaskChanged(
            change.Task.Task.ToView(), change.Task.Reason.Length == 0 ? null : change.Task.Reason) { AtUtc = At(change) },
        Wire.RunEvent.KindOneofCase.Batch => new RunChange.BatchAccepted(
            new LeaseToken(TaskId.Parse(change.Batch.TaskId), change.Batch.Epoch),
            change.Batch.Index,
            change.Batch.Rows,
            change.Batch.Bytes,
            change.Batch.WorkerId.Length == 0 ? default : new WorkerId(change.Batch.WorkerId)) { AtUtc = At(change) },
        Wire.RunEvent.KindOneofCase.Node => new RunChange.NodeChanged(change.Node.NodeId, (RunStatus)change.Node.State) { AtUtc = At(change) },
        Wire.RunEvent.KindOneofCase.Run => new RunChange.StatusChanged((RunStatus)change.Run.State, change.Run.Failure?.ToView()) { AtUtc = At(change) },
        _ => new RunChange.Unknown { AtUtc = At(change) },
    };

    public static FlowWorker ToView(this Wire.Worker worker) => new()
    {
        WorkerId = new WorkerId(worker.WorkerId),
        Roles = [.. worker.Roles],
        Slots = worker.Slots,
        UsedSlots = worker.UsedSlots,
        Liveness = (WorkerLiveness)worker.State,
        Version = worker.Version,
        ProcessId = worker.ProcessId,
        Host = worker.Host,
        LastSeenUtc = worker.LastSeenAt?.ToDateTimeOffset() ?? default,
        LeasedTasks = [.. worker.LeasedTaskIds.Select(TaskId.Parse)],
        Labels = worker.Labels.ToDictionary(),
        RoleVersions = worker.RoleVersions.ToDictionary(),
        Prefetch = worker.Prefetch,
        Saturation = worker.Saturation,
        Leases = [.. worker.Leases.Select(ToView)],
    };

    private static FlowWorkerLease ToView(this Wire.WorkerLease lease) => new()
    {
        TaskId = TaskId.Parse(lease.TaskId),
        Epoch = lease.Epoch,
        Status = (FlowTaskStatus)lease.State,
        Attempt = lease.Attempt,
        Progress = lease.Progress,
        GrantedUtc = lease.GrantedAt?.ToDateTimeOffset(),
        ExpiresUtc = lease.ExpiresAt?.ToDateTimeOffset(),
        CheckpointBytes = lease.CheckpointBytes,
        CheckpointedUtc = lease.CheckpointedAt?.ToDateTimeOffset(),
    };

    private static DateTimeOffset At(Wire.RunEvent change) => change.At?.ToDateTimeOffset() ?? default;
}
