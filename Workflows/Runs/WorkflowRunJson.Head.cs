using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Runs;

/// <content>What a run is, where it stands, and its context.</content>
public static partial class WorkflowRunJson
{
    private static void Head(Utf8JsonWriter writer, WorkflowRunState run)
    {
        writer.WriteString("workflow"u8, run.Workflow.Name);
        writer.WriteNumber("version"u8, run.Workflow.Version);
        writer.WriteString("hash"u8, run.Workflow.Hash);
        writer.WriteNumber("position"u8, run.Position);
        writer.Put("logStart"u8, run.LogStart);
        writer.Put("link"u8, run.Link);
        writer.WriteString("run"u8, run.RunId);
        writer.WriteNumber("status"u8, (int)run.Status);
        writer.Put("failure"u8, run.Failure);
        writer.Put("code"u8, (long)(run.FailureCode ?? 0));
        writer.Put("reason"u8, run.Reason);
        writer.WriteNumber("started"u8, run.StartedUtc.UtcTicks);
        writer.Put("ended"u8, run.EndedUtc);
        writer.Put("deadline"u8, run.DeadlineUtc);
        writer.Put("key"u8, run.IdempotencyKey);
        writer.Put("parent"u8, run.ParentRun);
        writer.Put("parentOrder"u8, run.ParentOrder);
        writer.Put("retry"u8, run.DefaultRetry == StepRetryPolicy.Default ? null : run.DefaultRetry);
        if (!run.Attributes.IsEmpty)
        {
            writer.WriteStartObject("attributes"u8);
            foreach (var (name, value) in run.Attributes)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        }

        writer.Put("context"u8, run.Snapshot);
        writer.Put("contextVersion"u8, run.SnapshotVersion);
        Array(writer, "deltas"u8, run.Deltas, Raw);
        Array(writer, "outputs"u8, run.Outputs, Raw);
        var counters = run.Counters;
        writer.WriteStartArray("counters"u8);
        writer.WriteNumberValue(counters.Total);
        writer.WriteNumberValue(counters.Completed);
        writer.WriteNumberValue(counters.Failed);
        writer.WriteNumberValue(counters.Retries);
        writer.WriteEndArray();
        Array(writer, "errors"u8, run.Errors, Error);
    }

    private static void Head(JsonElement from, WorkflowRunState run)
    {
        run.Position = from.Number("position"u8);
        run.LogStart = from.Number("logStart"u8);
        run.Link = from.Number("link"u8);
        run.RunId = from.Required("run"u8);
        run.Status = (WorkflowRunStatus)from.Number("status"u8);
        run.Failure = from.Text("failure"u8);
        run.FailureCode = Code(from);
        run.Reason = from.Text("reason"u8);
        run.StartedUtc = from.Time("started"u8) ?? default;
        run.EndedUtc = from.Time("ended"u8);
        run.DeadlineUtc = from.Time("deadline"u8);
        run.IdempotencyKey = from.Text("key"u8);
        run.ParentRun = from.Text("parent"u8);
        run.ParentOrder = from.Number("parentOrder"u8);
        run.DefaultRetry = from.Policy("retry"u8) ?? StepRetryPolicy.Default;
        run.Attributes = RunAttributes.None.With(from.Attributes("attributes"u8));
        run.Snapshot = from.Payload("context"u8);
        run.SnapshotVersion = from.Number("contextVersion"u8);
        run.Deltas = [.. from.List("deltas"u8, item => item.ToPayload())];
        run.Outputs = [.. from.List("outputs"u8, item => item.ToPayload())];
        var counters = from.List("counters"u8, item => item.GetInt64());
        run.Counters = new RunCounters(counters[0], counters[1], counters[2], counters[3]);
        run.Errors = [.. from.List("errors"u8, Error)];
    }

    private static void Raw(Utf8JsonWriter writer, Payload value) => writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);

    private static void Error(Utf8JsonWriter writer, StepError error)
    {
        writer.WriteStartObject();
        writer.WriteNumber("i"u8, error.Item);
        writer.WriteString("node"u8, error.Node);
        writer.WriteNumber("attempt"u8, error.Attempt);
        writer.WriteString("why"u8, error.Message);
        writer.WriteNumber("at"u8, error.TimeUtc.UtcTicks);
        writer.Put("code"u8, (long)(error.Code ?? 0));
        writer.WriteEndObject();
    }

    private static StepError Error(JsonElement from) => new(
        from.Number("i"u8), from.Required("node"u8), (int)from.Number("attempt"u8), from.Required("why"u8), from.Time("at"u8) ?? default, Code(from));

    private static FlowErrorCode? Code(JsonElement from) => from.Number("code"u8) is > 0 and var code ? (FlowErrorCode)code : null;
}
