using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using Wire = OrleansFlow.Protocol.V1;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Turns the grains' records into messages of <c>orleansflow.v1</c> and requests into records. Enum numbers are equal on both sides.</summary>
internal static class ControlMapping
{
    private const int PayloadBytesMax = 64 * 1024;
    private const int PriorityMax = 1_000;
    private const int RetriesMax = 100;
    private const double BackoffSecMax = 86_400;

    public static Wire.Run ToWire(this RunView run)
    {
        var wire = new Wire.Run
        {
            RunId = run.RunId.Value,
            GraphName = run.GraphName,
            State = (Wire.RunState)run.Status,
            SubmittedAt = run.SubmittedUtc.ToTimestamp(),
            StartedAt = run.StartedUtc?.ToTimestamp(),
            EndedAt = run.EndedUtc?.ToTimestamp(),
            Failure = run.Failure?.ToWire(),
            CancelReason = run.CancelReason ?? "",
            RefusedEffects = run.RefusedEffects,
            VarsJson = run.VariablesJson ?? "",
            ReopenedAt = run.ReopenedUtc?.ToTimestamp(),
            IdempotencyKey = run.IdempotencyKey ?? "",
            ParentTaskId = run.Parent.IsDefault ? "" : run.Parent.Value,
            ResultJson = run.ResultJson ?? "",
            ArtifactBytes = run.ArtifactBytes,
            OutputsJson = run.OutputsJson ?? "",
        };
        wire.NodeCount = run.NodeCount;
        wire.NodeStates.Add(run.NodeStates.Select(count => new Wire.NodeStateCount { State = (Wire.RunState)count.Status, Nodes = count.Nodes }));
        wire.History.Add(run.History.Select(ToWire));
        wire.Nodes.Add(run.Nodes.Select(ToWire));
        return wire;
    }

    public static Wire.TaskDetail ToWire(this TaskView task) => new()
    {
        TaskId = task.TaskId.Value,
        Role = task.Role,
        State = (Wire.TaskState)task.Status,
        Attempt = task.Attempt,
        Epoch = task.Epoch,
        WorkerId = task.Worker.Value,
        Batches = task.Batches,
        Progress = task.Progress,
        Failure = task.Failure?.ToWire(),
        ResultJson = task.ResultJson ?? "",
        ItemJson = task.ItemJson ?? "",
        ChildRunId = task.ChildRun.Value,
    };

    public static Wire.Worker ToWire(this WorkerView worker)
    {
        var wire = new Wire.Worker
        {
            WorkerId = worker.WorkerId.Value,
            Slots = worker.Registration.Slots,
            UsedSlots = worker.Leases.Count,
            State = (Wire.Worker.Types.State)worker.Liveness,
            Version = worker.Registration.Version,
            ProcessId = worker.Registration.ProcessId,
            Host = worker.Registration.Host,
            LastSeenAt = worker.LastSeenUtc.ToTimestamp(),
            Prefetch = worker.Registration.Prefetch,
            Saturation = worker.Registration.Slots > 0 ? (double)worker.Leases.Count / worker.Registration.Slots : 0,
        };
        wire.Labels.Add(worker.Registration.Labels.ToDictionary());
        wire.RoleVersions.Add(worker.Registration.RoleVersions.ToDictionary());
        wire.Roles.Add(worker.Registration.Roles);
        wire.LeasedTaskIds.Add(worker.Leases.Select(lease => lease.TaskId.Value));
        return wire;
    }

    /// <summary>A lease of a worker, as the task's owner sees it.</summary>
    public static Wire.WorkerLease ToLease(this TaskView task) => new()
    {
        TaskId = task.TaskId.Value,
        RunId = task.TaskId.IsStandalone ? "" : task.TaskId.RunId.Value,
        NodeId = task.TaskId.IsStandalone ? "" : task.TaskId.Node,
        Epoch = task.Epoch,
        State = (Wire.TaskState)task.Status,
        Attempt = task.Attempt,
        Progress = task.Progress,
        CheckpointBytes = task.CheckpointSize,
        CheckpointedAt = task.CheckpointUtc?.ToTimestamp(),
        GrantedAt = task.GrantedUtc?.ToTimestamp(),
        ExpiresAt = task.Status == FlowTaskStatus.Leased ? task.DueUtc?.ToTimestamp() : null,
    };

    /// <summary>Checks a task as submitted.</summary>
    /// <exception cref="FlowException"><c>bad_input</c> naming the task by its position.</exception>
    public static TaskSubmission ToSubmission(this Wire.TaskSpec spec, int position)
    {
        if (!IdText.IsValid(spec.Role))
        {
            throw Bad(position, $"role '{spec.Role}' is not well-formed: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.'.");
        }

        if (System.Text.Encoding.UTF8.GetByteCount(spec.PayloadJson) > PayloadBytesMax)
        {
            throw Bad(position, $"payload_json has more than {PayloadBytesMax} bytes. Put large inputs in a file and name it.");
        }

        if (spec.Priority is < -PriorityMax or > PriorityMax)
        {
            throw Bad(position, $"priority {spec.Priority} is outside {-PriorityMax} to {PriorityMax}.");
        }

        if (spec.MaxRetries is < 0 or > RetriesMax)
        {
            throw Bad(position, $"max_retries {spec.MaxRetries} is outside 0 to {RetriesMax}.");
        }

        if (spec.BackoffSec is not (>= 0 and <= BackoffSecMax))
        {
            throw Bad(position, $"backoff_sec {spec.BackoffSec} is outside 0 to {BackoffSecMax}.");
        }

        if (spec.Placement is { } asked)
        {
            if (LabelText.Fault(asked.Labels) is { } wrong)
            {
                throw Bad(position, $"{wrong}.");
            }

            if (asked.RoleVersion.Length > 0 && !LabelText.IsValue(asked.RoleVersion))
            {
                throw Bad(position, $"a role_version has 1 to {LabelText.MaxLength} characters and no control characters.");
            }
        }

        if (spec.PayloadJson.Length > 0 && !IsJson(spec.PayloadJson, out var fault))
        {
            throw Bad(position, $"payload_json is no JSON: {fault}");
        }

        return new TaskSubmission
        {
            Role = spec.Role,
            PayloadJson = spec.PayloadJson.Length == 0 ? null : spec.PayloadJson,
            Priority = spec.Priority,
            MaxRetries = spec.MaxRetries,
            Backoff = TimeSpan.FromSeconds(spec.BackoffSec),
            Labels = spec.Placement is { Labels.Count: > 0 } placement ? new Dictionary<string, string>(placement.Labels) : null,
            RoleVersion = spec.Placement is { RoleVersion.Length: > 0 } pinned ? pinned.RoleVersion : null,
        };
    }

    public static RunId ToRunId(string text) => IdText.IsValid(text)
        ? new RunId(text)
        : throw new FlowException(
            FlowErrorCode.BadInput,
            $"'{text}' is not a run id: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit.");

    public static TaskId ToTaskId(string text) => TaskId.TryParse(text, out var id)
        ? id
        : throw new FlowException(FlowErrorCode.BadInput, $"'{text}' is not a task id: expected 'ID' or 'RUN/NODE/INDEX'.");

    public static Wire.Failure ToWire(this TaskFailure failure) =>
        new() { Reason = failure.Reason, Permanent = failure.Permanent, Message = failure.Message };

    public static Wire.WhyReason ToWire(this RunReason reason) =>
        new() { Code = reason.Code, Text = reason.Text, NodeId = reason.Node ?? "", Until = reason.UntilUtc?.ToTimestamp() };

    private static Wire.StatusChange ToWire(StatusTransition change)
    {
        var wire = new Wire.StatusChange { To = (Wire.RunState)change.To, At = change.AtUtc.ToTimestamp(), Reason = change.Reason ?? "" };
        if (change.From is { } from)
        {
            wire.From = (Wire.RunState)from;
        }

        return wire;
    }

    public static Wire.Node ToWire(this NodeView node)
    {
        var wire = new Wire.Node
        {
            NodeId = node.NodeId,
            Role = node.Role,
            State = (Wire.RunState)node.Status,
            TaskCount = node.TaskCount,
            TasksReady = node.ReadyCount,
            TasksLeased = node.LeasedCount,
            TasksCompleted = node.CompletedCount,
            Batches = node.Batches,
            Rows = node.Rows,
            Bytes = node.Bytes,
            CachedFrom = node.CachedFrom.Value,
            StartedAt = node.StartedUtc?.ToTimestamp(),
            EndedAt = node.EndedUtc?.ToTimestamp(),
            Failure = node.Failure?.ToWire(),
            Reruns = node.Reruns,
        };
        wire.History.Add(node.History.Select(ToWire));
        foreach (var (name, value) in node.Metrics ?? new Dictionary<string, double>())
        {
            wire.Metrics[name] = value;
        }

        wire.Tasks.Add(node.Tasks.Select(ToWire));
        wire.DependsOn.Add(node.DependsOn);
        return wire;
    }

    public static bool IsJson(string text, out string fault)
    {
        try
        {
            using var _ = System.Text.Json.JsonDocument.Parse(text);
            fault = "";
            return true;
        }
        catch (System.Text.Json.JsonException exception)
        {
            fault = exception.Message;
            return false;
        }
    }

    private static FlowException Bad(int position, string what) =>
        new(FlowErrorCode.BadInput, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"tasks[{position}]: {what}"));
}
