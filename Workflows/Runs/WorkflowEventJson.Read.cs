using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Runs;

/// <content>Reading.</content>
public static partial class WorkflowEventJson
{
    /// <summary>Reads one event.</summary>
    internal static WorkflowRunEvent Event(JsonElement from)
    {
        var at = new DateTimeOffset(from.Number("at"u8), TimeSpan.Zero);
        var kind = from.Required("t"u8);
        return kind switch
        {
            "step" => new WorkflowRunEvent.Committed(from.Number("i"u8), from.Number("e"u8), StepOutcomeJson.Parse(JsonMarshal.GetRawUtf8Value(from.GetProperty("o"u8)).ToArray())) { AtUtc = at },
            "lease" => new WorkflowRunEvent.Leased(from.Number("i"u8), from.Number("e"u8), from.Text("worker"u8), from.Text("session"u8)) { AtUtc = at },
            "fail" => new WorkflowRunEvent.Failed(
                from.Number("i"u8), from.Number("e"u8), (FailureKinds)from.Number("kind"u8), from.Required("why"u8), Code(from), from.Time("retry"u8)) { AtUtc = at },
            "lost" => new WorkflowRunEvent.Lost(from.Number("i"u8), from.Number("e"u8), from.Flag("taken"u8)) { AtUtc = at },
            "tick" => new WorkflowRunEvent.Ticked { AtUtc = at },
            "signal" => new WorkflowRunEvent.Signalled(from.Required("name"u8), from.Payload("with"u8), from.Text("id"u8)) { AtUtc = at },
            "update" => new WorkflowRunEvent.UpdateAsked(from.Required("id"u8), from.Required("name"u8), from.Payload("with"u8)) { AtUtc = at },
            "steer" => new WorkflowRunEvent.Steered((SteerKind)from.Number("how"u8), from.Text("why"u8), from.Time("deadline"u8)) { AtUtc = at },
            "fold" => new WorkflowRunEvent.Folded(from.Number("version"u8), from.Payload("context"u8)) { AtUtc = at },
            "child" => new WorkflowRunEvent.ChildFinished(
                from.Required("id"u8), (WorkflowRunStatus)from.Number("status"u8), from.Payload("out"u8), from.Text("why"u8)) { AtUtc = at },
            "sent" => new WorkflowRunEvent.OrderDelivered(from.Number("order"u8)) { AtUtc = at },
            "reset" => new WorkflowRunEvent.Restored(from.Number("i"u8), from.Payload("state"u8)) { AtUtc = at },
            "attach" => new WorkflowRunEvent.Attached(from.Number("order"u8), from.Payload("in"u8), from.Payload("context"u8)) { AtUtc = at },
            "describe" => new WorkflowRunEvent.Described(from.Attributes("attributes"u8)) { AtUtc = at },
            "migrate" => new WorkflowRunEvent.Migrated(from.GetProperty("plan"u8).Plan()) { AtUtc = at },
            "start" => Started(from, at),
            _ => throw new JsonException($"'{kind}' is no kind of event that this version knows."),
        };
    }

    private static FlowErrorCode? Code(JsonElement from) => from.Number("code"u8) is > 0 and var code ? (FlowErrorCode)code : null;

    private static WorkflowRunEvent.Started Started(JsonElement from, DateTimeOffset at) => new()
    {
        AtUtc = at,
        RunId = from.Required("run"u8),
        Workflow = from.Required("workflow"u8),
        Version = (int)from.Number("version"u8),
        Hash = from.Required("hash"u8),
        Input = from.Payload("in"u8),
        Context = from.Payload("context"u8),
        DefaultRetry = from.Policy("retry"u8),
        IdempotencyKey = from.Text("key"u8),
        ParentRun = from.Text("parent"u8),
        ParentOrder = from.Number("parentOrder"u8),
        DeadlineUtc = from.Time("deadline"u8),
        NotBeforeUtc = from.Time("notBefore"u8),
        Attributes = from.Attributes("attributes"u8),
    };
}
